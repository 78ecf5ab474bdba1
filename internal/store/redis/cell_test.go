package redis

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

func TestCellIsReadBackAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := make([]int64, len(usage.Fields()))
		for i := range v {
			v[i] = rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(-int64(money.Max), int64(money.Max))).Draw(t, "number")
		}
		cell := usage.CellFrom(v)
		got, err := unpackCell(string(packCell(cell)))
		if err != nil || got != cell {
			t.Fatalf("wrote %+v, read %+v, %v", cell, got, err)
		}
	})
}

// TestCellOfLua reads what cmsgpack writes: the shortest form of each number.
func TestCellOfLua(t *testing.T) {
	packed := "\x95\xd0\xfe\xce\x3b\x9a\xc9\xff\x01\xcc\xc8\xcd\x03\x20"
	want := usage.Cell{Cost: -2*money.USD + 999_999_999, Entries: 1, Answers: 200, In: 800}
	if got, err := unpackCell(packed); err != nil || got != want {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestDamagedCellIsAnError(t *testing.T) {
	for _, packed := range []string{"", "\x81", "\x92\x01", "\x91\xd3\x00", "\x91\xc0", "\x9f\x01"} {
		if got, err := unpackCell(packed); err == nil {
			t.Errorf("%q read as %+v", packed, got)
		}
	}
}
