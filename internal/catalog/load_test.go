package catalog

import "testing"

func TestSeedLoads(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(c.Models()))
}
