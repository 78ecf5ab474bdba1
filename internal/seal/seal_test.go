package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tierwise/tierwise/internal/seal"
)

const (
	oldKey = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	newKey = "any text of at least thirty-two characters will do"
)

func sealer(t testing.TB, list string) *seal.Sealer {
	t.Helper()
	keys, err := seal.ParseKeys(list)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSealedOpensAgainAndShowsNothing(t *testing.T) {
	s := sealer(t, oldKey)
	plain := []byte("the quarterly numbers are bad, tell nobody")
	a, b := s.Seal("slack/T1", "draft", plain), s.Seal("slack/T1", "draft", plain)
	if bytes.Equal(a, b) {
		t.Error("two seals of one text are equal: a reader of the store sees repetition")
	}
	for _, word := range []string{"quarterly", "slack/T1", "draft", oldKey} {
		if bytes.Contains(a, []byte(word)) {
			t.Errorf("the blob holds %q in clear", word)
		}
	}
	got, err := s.Open("slack/T1", "draft", a)
	if err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if empty, err := s.Open("x", "y", s.Seal("x", "y", nil)); err != nil || len(empty) != 0 {
		t.Errorf("an empty text: %q, %v", empty, err)
	}
}

func TestABlobIsBoundToWorkspacePurposeAndKey(t *testing.T) {
	s, stranger := sealer(t, oldKey), sealer(t, newKey)
	blob := s.Seal("slack/T1", "draft", []byte("secret"))
	open := func(s *seal.Sealer, tenant, purpose string, b []byte) error {
		_, err := s.Open(tenant, purpose, b)
		return err
	}
	cases := map[string]error{
		"other workspace":  open(s, "slack/T2", "draft", blob),
		"other purpose":    open(s, "slack/T1", "token", blob),
		"shifted boundary": open(s, "slack/T1d", "raft", blob),
		"unknown key":      open(stranger, "slack/T1", "draft", blob),
		"empty":            open(s, "slack/T1", "draft", nil),
		"other format":     open(s, "slack/T1", "draft", append([]byte{9}, blob[1:]...)),
		"cut off":          open(s, "slack/T1", "draft", blob[:len(blob)-1]),
		"not a blob":       open(s, "slack/T1", "draft", []byte("plain text in the place of a blob")),
	}
	for name, err := range cases {
		if !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
	}
	for i := range blob {
		bad := bytes.Clone(blob)
		bad[i] ^= 1
		if err := open(s, "slack/T1", "draft", bad); !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("byte %d changed: %v, want ErrSealed", i, err)
		}
	}
}

func TestRotationOpensOldBlobsAndNamesThem(t *testing.T) {
	before, after := sealer(t, oldKey), sealer(t, newKey+","+oldKey)
	old := before.Seal("slack/T1", "token", []byte("xoxb"))
	if got, err := after.Open("slack/T1", "token", old); err != nil || string(got) != "xoxb" {
		t.Fatalf("after rotation: %q, %v", got, err)
	}
	if !after.Reseal(old) {
		t.Error("a blob under the old key is not reported")
	}
	fresh := after.Seal("slack/T1", "token", []byte("xoxb"))
	if after.Reseal(fresh) || before.Reseal(old) {
		t.Error("a blob under the newest key is reported as old")
	}
	if _, err := before.Open("slack/T1", "token", fresh); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("the old list opens the new blob: %v", err)
	}
}

func TestUnfitKeysAreNamedByPositionAndNeverShown(t *testing.T) {
	for _, c := range []struct{ list, says string }{
		{"", "the list is empty"},
		{" , ", "the list is empty"},
		{"short-secret", "key 1 of the list is too short"},
		{oldKey + ",hunter2hunter2", "key 2 of the list is too short"},
		{strings.Repeat("a", 64), "key 1 of the list is not random"},
		{"changeme," + strings.Repeat("01", 20), "key 2 of the list is not random"},
	} {
		_, err := seal.ParseKeys(c.list)
		if !errors.Is(err, seal.ErrKey) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("ParseKeys(%q) = %v, want %q", c.list, err, c.says)
		}
		if fit := seal.Fit(c.list); fit == nil || !strings.Contains(fit.Error(), c.says) {
			t.Errorf("Fit(%q) = %v, want %q", c.list, fit, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the key: %v", err)
		}
	}
	keys, err := seal.ParseKeys(oldKey)
	if err != nil {
		t.Fatal(err)
	}
	if out := fmt.Sprintf("%v %+v %#v %s", keys, keys[0], keys[0], keys[0]); out != "[***] *** *** ***" {
		t.Errorf("a key prints as %s", out)
	}
}

func TestHexAndBase64OfTheSameBytesAreOneKey(t *testing.T) {
	blob := sealer(t, "000102030405060708090a0b0c0d0e0f").Seal("t", "p", []byte("x"))
	if _, err := sealer(t, "AAECAwQFBgcICQoLDA0ODw==").Open("t", "p", blob); err != nil {
		t.Error(err)
	}
}

func TestKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	sealers := make([]*seal.Sealer, 8)
	made := make([]bool, 8)
	for i := range sealers {
		wg.Go(func() {
			keys, created, err := seal.LoadOrCreate(dir)
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = created
			sealers[i], err = seal.New(keys)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	blob, creators := sealers[0].Seal("t", "p", []byte("x")), 0
	for i, s := range sealers {
		if _, err := s.Open("t", "p", blob); err != nil {
			t.Fatalf("starter %d has another key: %v", i, err)
		}
		if made[i] {
			creators++
		}
	}
	if creators != 1 {
		t.Errorf("%d starters say they made the file, want 1", creators)
	}
	path := filepath.Join(dir, seal.KeyFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files are left in the data directory, want the key only", len(files))
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seal.LoadOrCreate(dir); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key file others can read: %v", err)
	}
}

func TestPseudonymIsStablePerKeyAndGivesNothingAway(t *testing.T) {
	a := seal.Pseudonym([]byte("key one"), "U0123")
	if a != seal.Pseudonym([]byte("key one"), "U0123") {
		t.Error("not stable")
	}
	if a == seal.Pseudonym([]byte("key two"), "U0123") || a == seal.Pseudonym([]byte("key one"), "U0124") {
		t.Error("another key or person gives the same pseudonym")
	}
	if !strings.HasPrefix(a, "p_") || len(a) != 22 || strings.Contains(a, "0123") {
		t.Errorf("pseudonym %q", a)
	}
}

func BenchmarkSealOpen4K(b *testing.B) {
	s, plain := sealer(b, oldKey), make([]byte, 4096)
	b.SetBytes(4096)
	for b.Loop() {
		if _, err := s.Open("slack/T1", "job", s.Seal("slack/T1", "job", plain)); err != nil {
			b.Fatal(err)
		}
	}
}
