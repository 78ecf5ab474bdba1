package redis

import "encoding/binary"

// MessagePack is what Lua in Redis reads and writes fastest. These are the few
// of its forms that we write, and those that scripts write for the same values.

func packInt(out []byte, v int64) []byte {
	if v >= 0 && v < 0x80 {
		return append(out, byte(v))
	}
	return binary.BigEndian.AppendUint64(append(out, 0xd3), uint64(v))
}

func packText[T string | []byte](out []byte, s T) []byte {
	if len(s) < 32 {
		out = append(out, 0xa0|byte(len(s)))
	} else {
		out = binary.BigEndian.AppendUint32(append(out, 0xdb), uint32(len(s)))
	}
	return append(out, s...)
}

// packList begins a list of n parts.
func packList(out []byte, n int) []byte {
	if n < 16 {
		return append(out, 0x90|byte(n))
	}
	return binary.BigEndian.AppendUint32(append(out, 0xdd), uint32(n))
}

// unpackInt reads one MessagePack integer and says how many bytes it took; none
// when there is none.
func unpackInt(s string) (v int64, n int) {
	if s == "" {
		return 0, 0
	}
	head := s[0]
	if head < 0x80 || head >= 0xe0 {
		return int64(int8(head)), 1
	}
	// 0xcc to 0xcf are unsigned of 1, 2, 4 and 8 bytes, 0xd0 to 0xd3 signed.
	if head < 0xcc || head > 0xd3 {
		return 0, 0
	}
	size := 1 << ((head - 0xcc) % 4)
	if len(s) < 1+size {
		return 0, 0
	}
	var u uint64
	for i := range size {
		u = u<<8 | uint64(s[1+i])
	}
	if head >= 0xd0 {
		shift := 64 - 8*size
		return int64(u<<shift) >> shift, 1 + size
	}
	return int64(u), 1 + size
}

// unpackList reads the head of a list: how many parts it has, and what follows.
func unpackList(s string) (parts int, rest string, ok bool) {
	switch {
	case s == "":
		return 0, "", false
	case s[0]&0xf0 == 0x90:
		return int(s[0] & 0x0f), s[1:], true
	case s[0] == 0xdc || s[0] == 0xdd: // a length of 2 and of 4 bytes
		return unpackLength(s[1:], 2<<(s[0]-0xdc))
	}
	return 0, "", false
}

// unpackText reads a string and says what follows.
func unpackText(s string) (text, rest string, ok bool) {
	n := 0
	switch {
	case s == "":
		return "", "", false
	case s[0]&0xe0 == 0xa0:
		n, rest, ok = int(s[0]&0x1f), s[1:], true
	case s[0] >= 0xd9 && s[0] <= 0xdb: // a length of 1, 2 and 4 bytes
		n, rest, ok = unpackLength(s[1:], 1<<(s[0]-0xd9))
	}
	if !ok || n > len(rest) {
		return "", "", false
	}
	return rest[:n], rest[n:], true
}

func unpackLength(s string, size int) (n int, rest string, ok bool) {
	if len(s) < size {
		return 0, "", false
	}
	for i := range size {
		n = n<<8 | int(s[i])
	}
	return n, s[size:], true
}
