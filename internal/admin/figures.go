package admin

import (
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// cellText is a sum in words. It is exact: what a person reads here is what the
// reports and the ledger say, to the nano-dollar.
func cellText(c usage.Cell) string {
	s := fmt.Sprintf("%s in %s", c.Cost, count(c.Answers, "answer"))
	if c.Entries > c.Answers {
		s += fmt.Sprintf(" (%s)", count(c.Entries, "call"))
	}
	if c.Unpriced > 0 {
		s += fmt.Sprintf(", %d unpriced", c.Unpriced)
	}
	if c.Uncertain > 0 {
		s += fmt.Sprintf(", %d uncertain", c.Uncertain)
	}
	return s
}

func listed(top []usage.Row) string {
	parts := make([]string, 0, len(top))
	for _, r := range top {
		parts = append(parts, fmt.Sprintf("%s %s (%d)", r.Value, r.Cost.Short(), r.Answers))
	}
	if len(parts) == 0 {
		return "nothing yet"
	}
	return strings.Join(parts, ", ")
}

func span(w usage.Window) string {
	return map[usage.WindowKind]string{usage.Day: "day ", usage.Week: "week ", usage.Month: "month "}[w.Kind] + w.ID
}

func zoneName(t turn.Task) string { return t.Settings.Zone().String() }

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return num(n) + " " + what + "s"
}

// num prints a whole number with separators: 12,345.
func num(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// bar draws how much of a limit is used, ten marks wide, with the percentage and
// a space behind it. It is "" when nothing was used: ten empty marks say nothing.
func bar(used, limit money.Nano) string {
	if used <= 0 {
		return ""
	}
	n := 10
	if limit > 0 && used < limit {
		n = max(1, int(used/(limit/10+1))) // something was used
	}
	share := fmt.Sprint(percent(used, limit))
	if share == "0" {
		share = "under 1"
	}
	return fmt.Sprintf("%s%s %s %% ", strings.Repeat("▰", n), strings.Repeat("▱", 10-n), share)
}

// decimals is how many decimals the amounts of one column have: two where that
// is exact for all, at most four, and more only where all of them are so small
// that four would show nothing.
func decimals(cells []usage.Cell) int {
	most := money.Nano(0)
	exact := true
	for _, c := range cells {
		most = max(most, c.Cost, -c.Cost)
		exact = exact && c.Cost%(money.USD/100) == 0
	}
	switch {
	case exact:
		return 2
	case most >= money.USD/10_000:
		return 4
	case most >= money.USD/1_000_000:
		return 6
	}
	return 9
}

// fixed prints an amount with so many decimals, rounded half away from zero.
// What was spent is never shown as nothing: "<$0.0001".
func fixed(n money.Nano, places int) string {
	if n < 0 {
		return "-" + fixed(-n, places)
	}
	step := money.USD
	for range places {
		step /= 10
	}
	less := ""
	if 0 < n && n < step/2 {
		n, less = step, "<"
	}
	n = (n + step/2) / step
	whole, rest := n/(money.USD/step), n%(money.USD/step)
	return fmt.Sprintf("%s$%d.%0*d", less, whole, places, rest)
}

func when(at time.Time, t turn.Task) string {
	return at.In(t.Settings.Zone()).Format("Mon 2 Jan 15:04")
}
