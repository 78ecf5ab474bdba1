package usage

import "github.com/tierwise/tierwise/internal/money"

// Dim is a way of adding entries up.
type Dim string

// The dimensions kept for every day, week and month. Two are crosses that
// people ask for; the value of a cross is "a|b".
const (
	ByTotal       Dim = "total"
	ByChannel     Dim = "channel"
	ByActor       Dim = "user"
	ByTeam        Dim = "team"
	ByWorkflow    Dim = "workflow"
	ByIntent      Dim = "intent"
	ByTier        Dim = "tier"
	ByModel       Dim = "model"
	ByProvider    Dim = "provider"
	BySource      Dim = "source"
	ByPurpose     Dim = "purpose"
	ByIntentTier  Dim = "intent|tier"
	ByChannelTier Dim = "channel|tier"
)

// Dims lists all dimensions.
func Dims() []Dim {
	return []Dim{ByTotal, ByChannel, ByActor, ByTeam, ByWorkflow, ByIntent, ByTier, ByModel, ByProvider, BySource, ByPurpose, ByIntentTier, ByChannelTier}
}

// Key is one row of a rollup.
type Key struct {
	Dim   Dim
	Value string
}

// Keys lists the rollup rows an entry is added to, in a fixed order.
func (e Entry) Keys() []Key {
	return []Key{
		{ByTotal, "all"}, {ByChannel, e.Channel}, {ByActor, e.Actor}, {ByTeam, e.Team}, {ByWorkflow, e.Workflow},
		{ByIntent, e.Intent}, {ByTier, e.Tier}, {ByModel, e.Model}, {ByProvider, e.Provider}, {BySource, string(e.Source)},
		{ByPurpose, e.Purpose}, {ByIntentTier, e.Intent + "|" + e.Tier}, {ByChannelTier, e.Channel + "|" + e.Tier},
	}
}

// Cell is the sum of the entries of one rollup row. All fields add.
type Cell struct {
	Cost      money.Nano `json:"cost"`
	Entries   int64      `json:"entries"`
	Answers   int64      `json:"answers"` // entries with purpose "answer" and status ok
	In        int64      `json:"in"`      // tokens
	Out       int64      `json:"out"`
	Failed    int64      `json:"failed,omitempty"`
	Estimated int64      `json:"estimated,omitempty"`
	Unpriced  int64      `json:"unpriced,omitempty"`
	Uncertain int64      `json:"uncertain,omitempty"`
	// Over counts entries that cost more than was held for them, and OverBy by
	// how much: overshoot that a hold could not prevent.
	Over   int64      `json:"over,omitempty"`
	OverBy money.Nano `json:"over_by,omitempty"`
}

// CellOf is the cell that one entry adds.
func CellOf(e Entry) Cell {
	c := Cell{Cost: e.Cost, Entries: 1, In: e.Tokens.In(), Out: e.Tokens.Out()}
	if e.Purpose == "answer" && e.Status == OK {
		c.Answers = 1
	}
	if e.Status == Failed {
		c.Failed = 1
	}
	if e.Source == Estimated {
		c.Estimated = 1
	}
	if e.Source == Unpriced {
		c.Unpriced = 1
	}
	if e.Status == Uncertain {
		c.Uncertain = 1
	}
	if e.Status != Corrected && e.Cost > e.Estimate {
		c.Over, c.OverBy = 1, e.Cost-e.Estimate
	}
	return c
}

// Add returns the sum of two cells.
func (c Cell) Add(d Cell) Cell {
	return Cell{
		c.Cost + d.Cost, c.Entries + d.Entries, c.Answers + d.Answers, c.In + d.In, c.Out + d.Out,
		c.Failed + d.Failed, c.Estimated + d.Estimated, c.Unpriced + d.Unpriced, c.Uncertain + d.Uncertain,
		c.Over + d.Over, c.OverBy + d.OverBy,
	}
}

// Fields and Values give a cell as a row of integers in one fixed order, which
// is how stores keep it. CellFrom is the inverse of Values.
func Fields() []string {
	return []string{"cost", "entries", "answers", "in", "out", "failed", "estimated", "unpriced", "uncertain", "over", "over_by"}
}

// Values are the cell's numbers in the order of Fields.
func (c Cell) Values() []int64 {
	return []int64{int64(c.Cost), c.Entries, c.Answers, c.In, c.Out, c.Failed, c.Estimated, c.Unpriced, c.Uncertain, c.Over, int64(c.OverBy)}
}

// CellFrom makes a cell from numbers in the order of Fields; missing ones are 0.
func CellFrom(v []int64) Cell {
	var a [11]int64
	copy(a[:], v)
	return Cell{money.Nano(a[0]), a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], money.Nano(a[10])}
}
