// Package seal keeps content and credentials unreadable at rest. A Sealer
// encrypts with AES-256-GCM under a key derived per workspace, and binds every
// blob to its workspace and purpose, so that a blob copied to another workspace
// or another kind of record does not open. Keys rotate: new blobs are sealed
// under the newest key, old ones open under the key they name, and Reseal tells
// which are due. The package stores no blobs and hides no metadata: the length
// of what is sealed stays visible.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// ErrSealed reports a blob that cannot be opened: it was changed, belongs to
// another workspace or purpose, or was sealed under a key that is not in the
// list. The error around it says which, and never what is inside.
var ErrSealed = errors.New("seal: cannot be opened")

// format is the first byte of every blob; a new layout gets a new number.
const format = 1

const (
	idLen     = 4
	headerLen = 1 + idLen
	// maxDerived bounds the cached workspace keys; deriving one again is cheap.
	maxDerived = 4096
)

// Sealer seals and opens. It is safe for concurrent use.
type Sealer struct {
	newest Key
	keys   map[[idLen]byte]Key

	mu      sync.RWMutex
	derived map[derivedID]cipher.AEAD
}

type derivedID struct {
	key    [idLen]byte
	tenant string
}

// New returns a Sealer that seals under the first key and opens under all.
func New(keys []Key) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("seal: no key given")
	}
	s := &Sealer{newest: keys[0], keys: make(map[[idLen]byte]Key, len(keys)), derived: map[derivedID]cipher.AEAD{}}
	for _, k := range keys {
		if k.master == nil {
			return nil, errors.New("seal: empty key: use ParseKeys or LoadOrCreate")
		}
		if other, ok := s.keys[k.id]; ok && *other.master != *k.master {
			return nil, errors.New("seal: two keys share an id: replace one of them")
		}
		s.keys[k.id] = k
	}
	return s, nil
}

// Seal encrypts plain for one workspace and purpose. The blob is format, key
// id, nonce and ciphertext; it is 33 bytes longer than plain.
func (s *Sealer) Seal(tenant, purpose string, plain []byte) []byte {
	header := append([]byte{format}, s.newest.id[:]...)
	aead := s.aead(s.newest, tenant)
	return aead.Seal(header, nil, plain, bound(header, tenant, purpose))
}

// Open decrypts a blob made by Seal for the same workspace and purpose. Any
// failure wraps ErrSealed.
func (s *Sealer) Open(tenant, purpose string, blob []byte) ([]byte, error) {
	key, err := s.keyOf(blob)
	if err != nil {
		return nil, err
	}
	header := blob[:headerLen]
	plain, err := s.aead(key, tenant).Open(nil, nil, blob[headerLen:], bound(header, tenant, purpose))
	if err != nil {
		return nil, fmt.Errorf("%w: changed, or sealed for another workspace or purpose", ErrSealed)
	}
	return plain, nil
}

// Derive gives 32 bytes that belong to one use outside sealing, such as signing
// the ids of buttons. They follow from the newest key, so that all replicas
// agree, and change when it is replaced.
func (s *Sealer) Derive(use string) []byte {
	return derive(s.newest.master[:], "tierwise/derive/"+use)
}

// Reseal reports that a blob is sealed under an old key, so that its owner
// opens it and writes it back. A blob under an unknown key is not due: nobody
// can open it.
func (s *Sealer) Reseal(blob []byte) bool {
	key, err := s.keyOf(blob)
	return err == nil && key.id != s.newest.id
}

func (s *Sealer) keyOf(blob []byte) (Key, error) {
	if len(blob) < headerLen {
		return Key{}, fmt.Errorf("%w: too short", ErrSealed)
	}
	if blob[0] != format {
		return Key{}, fmt.Errorf("%w: unknown format %d", ErrSealed, blob[0])
	}
	key, ok := s.keys[[idLen]byte(blob[1:headerLen])]
	if !ok {
		return Key{}, fmt.Errorf("%w: sealed under key %x, which is not in the list", ErrSealed, blob[1:headerLen])
	}
	return key, nil
}

// aead returns the cipher of one workspace under one key.
func (s *Sealer) aead(k Key, tenant string) cipher.AEAD {
	id := derivedID{k.id, tenant}
	s.mu.RLock()
	a, ok := s.derived[id]
	s.mu.RUnlock()
	if ok {
		return a
	}
	a = newAEAD(derive(k.master[:], "tierwise/seal/workspace/"+tenant))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.derived) >= maxDerived {
		clear(s.derived)
	}
	s.derived[id] = a
	return a
}

// newAEAD cannot fail on a 32-byte key: both constructors refuse only a wrong
// key or block size.
func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("seal: " + err.Error())
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("seal: " + err.Error())
	}
	return a
}

// derive stretches a secret into 32 bytes for one use.
func derive(secret []byte, use string) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, use, 32)
	if err != nil {
		panic("seal: " + err.Error()) // only for an impossible length
	}
	return out
}

// bound is what a blob is tied to besides its key: header, workspace, purpose.
// Lengths come first, so that no two different pairs give the same bytes.
func bound(header []byte, tenant, purpose string) []byte {
	b := append([]byte(nil), header...)
	b = binary.AppendUvarint(b, uint64(len(tenant)))
	b = append(b, tenant...)
	return append(b, purpose...)
}
