package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// calendar is the workspace's, from its settings.
func calendar(t turn.Task) usage.Calendar {
	s := t.Settings
	return usage.Calendar{Zone: s.Zone(), Previous: s.PreviousZone(), Changed: s.ZoneChanged()}
}

// spend answers /ai-spend within what the caller may see.
func (a *Admin) spend(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	switch q.View {
	case "":
		return a.summary(ctx, t, q)
	case "budget":
		return a.budgets(ctx, t)
	case "trend":
		return a.trend(ctx, t)
	case "export":
		return a.export(ctx, t, q)
	case "why":
		return a.why(ctx, t, q.Arg)
	}
	return a.table(ctx, t, q)
}

// summary is the default answer: one's own use, the channel's, and for those
// who see the workspace its total with the dearest parts.
func (a *Admin) summary(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	tenant := t.Event.Place.Tenant()
	w := calendar(t).Window(q.Window, a.Clock.Now())
	rows, err := a.Books.Rollup(ctx, tenant, w.Kind, w.ID, usage.ByTotal, usage.ByActor, usage.ByChannel, usage.ByIntent, usage.ByTier)
	if err != nil {
		return said{}, fmt.Errorf("admin: spend: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**AI spend, %s** (%s)\n", span(w), zoneName(t))
	own := rows[usage.Key{Dim: usage.ByActor, Value: t.Caller.ID}]
	fmt.Fprintf(&b, "- You: %s\n", cellText(own))
	if a.seesChannel(t) {
		fmt.Fprintf(&b, "- This channel: %s\n", cellText(rows[usage.Key{Dim: usage.ByChannel, Value: t.Event.Place.Channel}]))
	}
	post := chat.Post{}
	if t.Caller.Roles.SeesAll() {
		fmt.Fprintf(&b, "- Workspace: %s\n", cellText(rows[usage.Key{Dim: usage.ByTotal, Value: "all"}]))
		top, _ := usage.Top(rows, usage.ByIntent, 4)
		fmt.Fprintf(&b, "- By task: %s\n", listed(top))
		top, _ = usage.Top(rows, usage.ByTier, 4)
		fmt.Fprintf(&b, "- By tier: %s\n", listed(top))
		chart, err := a.daily(ctx, t, usage.Key{Dim: usage.ByTotal, Value: "all"})
		if err != nil {
			return said{}, err
		}
		post.Chart = chart
	}
	bars, err := a.bars(ctx, t)
	if err != nil {
		return said{}, err
	}
	b.WriteString(bars)
	post.Text = strings.TrimSpace(b.String())
	return said{post: post}, nil
}

// seesChannel: members see their channel's total where the setting says so;
// owners, finance and admins always.
func (a *Admin) seesChannel(t turn.Task) bool {
	r := t.Caller.Roles
	return r.SeesAll() || r.Owner("channel:"+t.Event.Place.Channel) || t.Settings.ChannelTotals() && !t.Caller.Actor.Guest
}

// table shows one dimension.
func (a *Admin) table(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	r := t.Caller.Roles
	dim := views()[q.View]
	switch {
	case !r.SeesAll():
		return said{}, fault.Newf(fault.NotAllowed, "/ai-spend %s is open to admins and finance. /ai-spend alone shows your own use%s.", q.View, andChannel(a.seesChannel(t)))
	case dim == usage.ByActor && !t.Settings.PeopleRows():
		return said{}, fault.New(fault.NotAllowed, "Rows of other people are turned off here. An admin can turn them on with /ai-config set spend.people on.")
	}
	w := calendar(t).Window(q.Window, a.Clock.Now())
	rows, err := a.Books.Rollup(ctx, t.Event.Place.Tenant(), w.Kind, w.ID, dim, usage.ByTotal)
	if err != nil {
		return said{}, fmt.Errorf("admin: spend: %w", err)
	}
	top, rest := usage.Top(rows, dim, 20)
	tbl := &chat.Table{Title: fmt.Sprintf("AI spend by %s, %s", q.View, span(w)), Columns: []chat.Column{
		{Name: title(q.View)}, {Name: "Cost", Number: true}, {Name: "Answers", Number: true}, {Name: "Calls", Number: true}, {Name: "Tokens", Number: true},
	}}
	names, err := a.names(ctx, t, dim, top)
	if err != nil {
		return said{}, err
	}
	for i, row := range names {
		tbl.Rows = append(tbl.Rows, line(row.name, names[i].cell))
	}
	if rest.Entries > 0 {
		tbl.Rows = append(tbl.Rows, line("others", rest))
	}
	total := rows[usage.Key{Dim: usage.ByTotal, Value: "all"}]
	tbl.Rows = append(tbl.Rows, line("total", total))
	return said{post: chat.Post{Text: "**" + tbl.Title + "**", Table: tbl}}, nil
}

func andChannel(yes bool) string {
	if yes {
		return " and this channel's"
	}
	return ""
}

func line(name string, c usage.Cell) []string {
	return []string{name, c.Cost.String(), num(c.Answers), num(c.Entries), num(c.In + c.Out)}
}

// trend is a bar a day.
func (a *Admin) trend(ctx context.Context, t turn.Task) (said, error) {
	key, what := usage.Key{Dim: usage.ByActor, Value: t.Caller.ID}, "your use"
	switch {
	case t.Caller.Roles.SeesAll():
		key, what = usage.Key{Dim: usage.ByTotal, Value: "all"}, "the workspace"
	case a.seesChannel(t):
		key, what = usage.Key{Dim: usage.ByChannel, Value: t.Event.Place.Channel}, "this channel"
	}
	c, err := a.daily(ctx, t, key)
	if err != nil {
		return said{}, err
	}
	c.Title = "Cost a day, " + what
	return said{post: chat.Post{Text: "**" + c.Title + "**", Chart: c}}, nil
}

// days is how many days a trend shows; Slack's native chart takes 20 at most.
const days = 14

func (a *Admin) daily(ctx context.Context, t turn.Task, key usage.Key) (*chat.Chart, error) {
	c := &chat.Chart{Title: "Cost a day", Kind: "bar", Unit: "nano-USD", Series: []chat.Series{{Name: "cost"}}}
	cal, now := calendar(t), a.Clock.Now()
	for i := days - 1; i >= 0; i-- {
		w := cal.Window(usage.Day, now.AddDate(0, 0, -i))
		rows, err := a.Books.Rollup(ctx, t.Event.Place.Tenant(), usage.Day, w.ID, key.Dim)
		if err != nil {
			return nil, fmt.Errorf("admin: trend: %w", err)
		}
		c.Labels = append(c.Labels, w.ID[5:])
		c.Series[0].Values = append(c.Series[0].Values, int64(rows[key].Cost))
	}
	return c, nil
}

// export gives the window's ledger rows as a file.
func (a *Admin) export(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	if !t.Caller.Roles.SeesAll() {
		return said{}, fault.New(fault.NotAllowed, "Exports are open to admins and finance.")
	}
	w := calendar(t).Window(q.Window, a.Clock.Now())
	from, err := calendar(t).Start(w.Kind, w.ID)
	if err != nil {
		return said{}, fmt.Errorf("admin: export: %w", err)
	}
	var f strings.Builder
	n, err := usage.Export(ctx, a.Books, t.Event.Place.Tenant(), usage.Range{From: from}, "csv", &f)
	if err != nil {
		return said{}, err
	}
	file := chat.File{Name: "ai-spend-" + w.ID + ".csv", Type: "text/csv", Size: int64(f.Len()), Alt: "Ledger rows as CSV", Data: []byte(f.String())}
	return said{post: chat.Post{Text: fmt.Sprintf("%d ledger rows since %s.", n, from.Format("2 Jan 2006")), Files: []chat.File{file}}}, nil
}

// cellText is a sum in words.
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

// bar draws how much of a limit is used, ten marks wide.
func bar(used, limit money.Nano) string {
	n := 10
	if limit > 0 && used < limit {
		n = int(used / (limit/10 + 1))
	}
	return strings.Repeat("█", n) + strings.Repeat("░", 10-n)
}

func when(at time.Time, t turn.Task) string {
	return at.In(t.Settings.Zone()).Format("Mon 2 Jan 15:04")
}
