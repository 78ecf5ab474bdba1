package seal

import (
	"bytes"
	"strings"
	"testing"
)

func TestDerivedKeysAgreeAcrossReplicasAndDifferByUse(t *testing.T) {
	list := strings.Repeat("0123456789abcdef", 4)
	make := func() *Sealer {
		keys, err := ParseKeys(list)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(keys)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := make(), make()
	if !bytes.Equal(a.Derive("buttons"), b.Derive("buttons")) || len(a.Derive("buttons")) != 32 {
		t.Error("two replicas derive different keys")
	}
	if bytes.Equal(a.Derive("buttons"), a.Derive("forms")) {
		t.Error("two uses share a key")
	}
}
