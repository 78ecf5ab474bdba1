package router

import (
	"fmt"
	"slices"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// Route decides. The order is fixed: what was asked and pinned, the ceiling
// with budget pressure, the hard gates, the cheapest model on the lowest tier
// that serves, what the money allows, and the plan around it. It never panics
// and never returns an OK decision without a model.
func Route(r Request) Decision {
	var room room
	w := walk{r: &r, open: room.open[:0], closed: room.closed[:0], said: room.said[:0], text: room.text[:0]}
	w.begin()
	w.lower()
	w.close()
	pick := w.pick()
	if pick == nil {
		return w.refuse()
	}
	return w.plan(pick)
}

// walk is one decision being made. It points into the request's options and
// keeps the words of its reasons in one text, so that a decision allocates what
// it hands out and nothing for each option or reason.
type walk struct {
	r       *Request
	start   catalog.Tier
	ceiling catalog.Tier
	lowered bool
	broke   bool      // a model passed every gate and the money did not reach
	open    []*Option // passed every gate
	closed  []closed  // did not
	said    []said
	text    []byte
}

// room is where a walk keeps its lists, as long as they are of the usual size.
type room struct {
	open   [24]*Option
	closed [24]closed
	said   [8]said
	text   [768]byte
}

// closed is an option with the first gate that stopped it.
type closed struct {
	o    *Option
	gate string
}

// said is a reason whose sentence ends at a place in the text; it begins where
// the one before ended.
type said struct {
	code string
	end  int
}

// why gives a reason; the sentence is its parts joined.
func (w *walk) why(code string, sentence ...string) {
	for _, part := range sentence {
		w.text = append(w.text, part...)
	}
	w.said = append(w.said, said{code, len(w.text)})
}

// reasons appends everything that was said to a list.
func (w *walk) reasons(list []Reason) []Reason {
	text, begin := string(w.text), 0
	for _, s := range w.said {
		list = append(list, Reason{s.code, text[begin:s.end]})
		begin = s.end
	}
	return list
}

// begin finds the tier to start at and the ceiling, before any gate.
func (w *walk) begin() {
	p, a := &w.r.Policy, &w.r.Asked
	w.start, w.ceiling = p.Start, p.Ceiling
	switch {
	case a.Tier != nil:
		w.start = *a.Tier
		w.why(code(a.By), "You asked for ", w.start.String(), " (", orElse(a.By, "message"), ").")
	case a.Previous != nil && *a.Previous > w.start:
		w.start = *a.Previous
		w.why("thread.sticky", "This thread was answered on ", w.start.String(), " before, so it stays there.")
	default:
		w.why("policy.start", title(w.r.Intent), " starts on ", w.start.String(), " (", orElse(p.Origin, "default"), " setting).")
	}
	if w.start > w.ceiling {
		w.why("policy.ceiling", "The ceiling here is ", w.ceiling.String(), ".")
		w.start = w.ceiling
	}
}

// lower brings the ceiling down when a limit is near or reached, and says so.
func (w *walk) lower() {
	b := &w.r.Budget
	if b.Ceiling != nil && *b.Ceiling < w.ceiling {
		w.why("budget.limit", "The limit for ", orElse(b.Where, "this workspace"), " is reached, so only ", upTo(*b.Ceiling), " is left.")
		w.cap(*b.Ceiling)
	}
	t, near := Pressure(b.Used, b.Limit)
	if t == catalog.Local && !b.LocalAtLimit {
		t = catalog.Economy // what does not fit any more is refused, with the arithmetic
	}
	if near && t < w.ceiling {
		w.why("budget.pressure", Percent(b.Used, b.Limit), " of the limit for ", orElse(b.Where, "this workspace"), " is used, so the ceiling is ", t.String(), ".")
		w.cap(t)
	}
}

func (w *walk) cap(t catalog.Tier) {
	w.ceiling = t
	if w.start > t {
		w.start, w.lowered = t, true
	}
}

// Pressure is the ceiling that a used share of a limit allows: from 80 % on
// standard, from 90 % economy, at 100 % local. near is false below 80 % or
// without a limit.
func Pressure(used, limit money.Nano) (t catalog.Tier, near bool) {
	switch {
	case limit <= 0 || used < limit/10*8:
		return catalog.Frontier, false
	case used >= limit:
		return catalog.Local, true
	case used >= limit/10*9:
		return catalog.Economy, true
	default:
		return catalog.Standard, true
	}
}

// Percent prints used/limit as a whole number of per cent, rounded down.
func Percent(used, limit money.Nano) string {
	if limit <= 0 {
		return "0 %"
	}
	return fmt.Sprintf("%d %%", percent(used, limit))
}

// close sorts the options into those that pass every hard gate and those that
// do not.
func (w *walk) close() {
	for i := range w.r.Models {
		o := &w.r.Models[i]
		if g := gate(w.r, o); g != "" {
			w.closed = append(w.closed, closed{o, g})
			continue
		}
		w.open = append(w.open, o)
	}
	slices.SortStableFunc(w.open, func(a, b *Option) int { return compare(w.r, a, b) })
}

// pick finds the model: the cheapest on the lowest tier from start to ceiling
// that fits the money; below start only when the money asks for it; and the
// local tier last, named as what it is. It returns nil when none may answer.
func (w *walk) pick() *Option {
	for t := w.start; t <= w.ceiling; t++ {
		if o := w.on(t); o != nil {
			if t > w.start {
				w.why("gate.up", "Nothing on ", w.start.String(), " passes (", w.gateOn(w.start), "), so it goes up to ", t.String(), ".")
			}
			return o
		}
	}
	broke := slices.ContainsFunc(w.open, func(o *Option) bool { return o.Tier >= w.start && o.Tier <= w.ceiling })
	for t := w.start - 1; broke && t >= catalog.Economy; t-- {
		if o := w.on(t); o != nil {
			w.lowered = true
			w.why("budget.headroom", "What is left (", w.money().Short(), ") does not cover ", w.start.String(), ", so ", t.String(), " answers.")
			return o
		}
	}
	o := w.on(catalog.Local)
	w.broke = broke
	if o == nil || broke && !w.r.Budget.LocalAtLimit {
		return nil
	}
	w.lowered = w.lowered || broke
	if broke {
		w.why("budget.local", "What is left (", w.money().Short(), ") does not cover a model, so the local tier answers; it costs nothing.")
	} else {
		w.why("local.fallback", "No model can be used here (", w.gateOn(w.start), "), so the local tier answers; it uses no AI model.")
	}
	return o
}

// on returns the best affordable option of a tier, or nil.
func (w *walk) on(t catalog.Tier) *Option {
	for _, o := range w.open {
		if o.Tier == t && w.affords(o) {
			return o
		}
	}
	return nil
}

func (w *walk) affords(o *Option) bool { return o.Free || o.Worst <= w.money() }

// money is what one answer may cost at most.
func (w *walk) money() money.Nano {
	m := w.r.Budget.Headroom
	if c := w.r.Policy.AnswerCap; c > 0 {
		m = min(m, c)
	}
	return max(m, 0)
}

// compare orders options: fast ones first where that was asked, then the model
// the thread had, then the cheaper one, then by id so that order never depends
// on the input's.
func compare(r *Request, a, b *Option) int {
	if r.Policy.Fast && (a.Latency == "fast") != (b.Latency == "fast") {
		return order(a.Latency == "fast")
	}
	if prev := r.Asked.PreviousModel; prev != "" && (a.ID == prev) != (b.ID == prev) {
		return order(a.ID == prev)
	}
	if a.Likely != b.Likely {
		return order(a.Likely < b.Likely)
	}
	return order(a.ID < b.ID)
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// title is how an intent begins a sentence.
func title(i step.Intent) string {
	switch i {
	case step.Summarize:
		return "Summarize"
	case step.Draft:
		return "Draft"
	case step.Classify:
		return "Classify"
	case step.Ask:
		return "Ask"
	}
	return "This"
}

func upTo(t catalog.Tier) string {
	if t == catalog.Local {
		return "the local tier"
	}
	return "up to " + t.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func code(by string) string {
	switch by {
	case "thread pin", "channel pin":
		return "asked.pin"
	case "button":
		return "asked.button"
	}
	return "asked.message"
}

// percent is used/limit in whole per cent without leaving int64: amounts are at
// most money.Max, and a hundred times that still fits.
func percent(used, limit money.Nano) int64 { return int64(used) * 100 / int64(limit) }
