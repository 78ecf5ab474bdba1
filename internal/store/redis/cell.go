package redis

import (
	"fmt"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// A rollup cell at rest is a MessagePack list of integers, because that is what
// Lua reads and writes fastest: the numbers of usage.Cell in the order of its
// Values, but each of the two amounts as dollars and nano-dollars. Trailing
// zeros are left out.
const (
	cellPlaces = 13
	overPlace  = 11 // where OverBy begins
)

// cellOf spreads a cell over its places at rest.
func cellOf(c usage.Cell) []int64 {
	v := c.Values()
	p := make([]int64, cellPlaces)
	p[0], p[1] = parts(c.Cost)
	copy(p[2:overPlace], v[1:len(v)-1])
	p[overPlace], p[overPlace+1] = parts(c.OverBy)
	for len(p) > 0 && p[len(p)-1] == 0 {
		p = p[:len(p)-1]
	}
	return p
}

// parts splits an amount into dollars, rounded down, and nano-dollars of 0 to
// 999,999,999.
func parts(n money.Nano) (dollars, nanos int64) {
	dollars, nanos = int64(n/money.USD), int64(n%money.USD)
	if nanos < 0 {
		dollars, nanos = dollars-1, nanos+int64(money.USD)
	}
	return dollars, nanos
}

// packCell writes a cell for rest.
func packCell(c usage.Cell) []byte {
	p := cellOf(c)
	out := packList(nil, len(p))
	for _, v := range p {
		out = packInt(out, v)
	}
	return out
}

// unpackCell reads a cell at rest, as packCell or a script wrote it.
func unpackCell(packed string) (usage.Cell, error) {
	bad := fmt.Errorf("redis: rollup: a cell of %d bytes is damaged", len(packed))
	if len(packed) == 0 || packed[0]&0xf0 != 0x90 || int(packed[0]&0x0f) > cellPlaces {
		return usage.Cell{}, bad
	}
	var p [cellPlaces]int64
	rest := packed[1:]
	for i := range int(packed[0] & 0x0f) {
		v, n := unpackInt(rest)
		if n == 0 {
			return usage.Cell{}, bad
		}
		p[i], rest = v, rest[n:]
	}
	v := append([]int64{p[0]*int64(money.USD) + p[1]}, p[2:overPlace]...)
	return usage.CellFrom(append(v, p[overPlace]*int64(money.USD)+p[overPlace+1])), nil
}
