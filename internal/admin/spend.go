package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// spend answers /ai-spend within what the caller may see.
func (a *Admin) spend(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	s, err := a.view(ctx, t, q)
	s.money = s.post.Table != nil || s.post.Chart != nil || len(s.post.Files) > 0 || q.View == "" || q.View == "budget" || q.Arg != ""
	return s, err
}

func (a *Admin) view(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
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
	w := t.Calendar().Window(q.Window, a.Clock.Now())
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
	if a.Delayed != nil {
		if since := a.Delayed(); !since.IsZero() {
			fmt.Fprintf(&b, "_Accounting is delayed since %s: some bookings are on their way and not in these figures yet._\n", when(since, t))
		}
	}
	post.Text = strings.TrimSpace(b.String())
	return said{post: post}, nil
}

// seesChannel: members see their channel's total where the setting says so;
// owners, finance and admins always. A page is in no channel.
func (a *Admin) seesChannel(t turn.Task) bool {
	if t.Event.Place.Channel == "" {
		return false
	}
	r := t.Caller.Roles
	return r.SeesAll() || r.Owner("channel:"+t.Event.Place.Channel) || t.Settings.ChannelTotals() && !t.Caller.Actor.Guest && !t.Caller.Actor.External
}

// table shows one dimension: all of it to those who see the workspace, to others
// the rows that are theirs.
func (a *Admin) table(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	dim := views()[q.View]
	mine, all := a.rowsFor(t, dim)
	if !all && len(mine) == 0 {
		return said{}, fault.Newf(fault.NotAllowed, "/ai-spend %s is open to admins and finance. /ai-spend alone shows your own use%s.", q.View, andChannel(a.seesChannel(t)))
	}
	w := t.Calendar().Window(q.Window, a.Clock.Now())
	rows, err := a.Books.Rollup(ctx, t.Event.Place.Tenant(), w.Kind, w.ID, dim, usage.ByTotal)
	if err != nil {
		return said{}, fmt.Errorf("admin: spend: %w", err)
	}
	total := rows[usage.Key{Dim: usage.ByTotal, Value: "all"}]
	if !all {
		rows, total = only(rows, dim, mine)
	}
	top, rest := usage.Top(rows, dim, 20)
	if dim == usage.ByActor && !all && total.Entries == 0 {
		return said{post: chat.Post{Text: "You have not used it " + inWindow(w.Kind) + "." + onlyOwn}}, nil
	}
	tbl := &chat.Table{Title: fmt.Sprintf("AI spend by %s, %s", q.View, span(w)), Columns: []chat.Column{
		{Name: title(q.View)}, {Name: "Cost", Number: true}, {Name: "Answers", Number: true}, {Name: "Calls", Number: true}, {Name: "Tokens", Number: true},
	}}
	names, err := a.names(ctx, t, dim, top)
	if err != nil {
		return said{}, err
	}
	cells := []usage.Cell{total, rest}
	for _, row := range names {
		cells = append(cells, row.cell)
	}
	places := decimals(cells)
	for _, row := range names {
		tbl.Rows = append(tbl.Rows, line(row.name, row.cell, places))
	}
	if rest.Entries > 0 {
		tbl.Rows = append(tbl.Rows, line("others", rest, places))
	}
	tbl.Rows = append(tbl.Rows, line("total", total, places))
	text := "**" + tbl.Title + "**"
	if dim == usage.ByActor && !all {
		text += "\n" + strings.TrimSpace(onlyOwn)
	}
	return said{post: chat.Post{Text: text, Table: tbl}}, nil
}

// rowsFor lists the rows of a dimension that a caller may see, or says that it
// is all of them.
func (a *Admin) rowsFor(t turn.Task, dim usage.Dim) (mine []string, all bool) {
	r := t.Caller.Roles
	switch dim {
	case usage.ByActor:
		return []string{t.Caller.ID}, r.SeesAll() && t.Settings.PeopleRows()
	case usage.ByChannel, usage.ByTeam, usage.ByWorkflow:
		for _, key := range r.Owns {
			if id, ok := strings.CutPrefix(key, string(dim)+":"); ok {
				mine = append(mine, id)
			}
		}
		if dim == usage.ByChannel && a.seesChannel(t) && !slices.Contains(mine, t.Event.Place.Channel) {
			mine = append(mine, t.Event.Place.Channel)
		}
	}
	return mine, r.SeesAll()
}

// only keeps the named rows of a dimension, with their sum.
func only(rows map[usage.Key]usage.Cell, dim usage.Dim, ids []string) (map[usage.Key]usage.Cell, usage.Cell) {
	kept, sum := map[usage.Key]usage.Cell{}, usage.Cell{}
	for _, id := range ids {
		k := usage.Key{Dim: dim, Value: id}
		if c, ok := rows[k]; ok {
			kept[k], sum = c, sum.Add(c)
		}
	}
	return kept, sum
}

func andChannel(yes bool) string {
	if yes {
		return " and this channel's"
	}
	return ""
}

// onlyOwn says why a table of people has one row.
const onlyOwn = " Only your own row: an admin can turn on other people's with /ai-config set spend.people on; admins and finance then see them."

// inWindow names the window that is running.
func inWindow(k usage.WindowKind) string {
	return map[usage.WindowKind]string{usage.Day: "today", usage.Week: "this week", usage.Month: "this month"}[k]
}

// line is a row of a table, with its cost in so many decimals.
func line(name string, c usage.Cell, places int) []string {
	return []string{name, fixed(c.Cost, places), num(c.Answers), num(c.Entries), num(c.In + c.Out)}
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
	c.Title = fmt.Sprintf("The last %d days (%s)", days, zoneName(t))
	return said{post: chat.Post{Text: "**Cost a day, " + what + "**", Chart: c}}, nil
}

// days is how many days a trend shows; Slack's native chart takes 20 at most.
const days = 14

func (a *Admin) daily(ctx context.Context, t turn.Task, key usage.Key) (*chat.Chart, error) {
	c := &chat.Chart{Title: "Cost a day", Kind: "bar", Unit: "nano-USD", Series: []chat.Series{{Name: "cost"}}}
	cal, now := t.Calendar(), a.Clock.Now()
	var ids []string
	for i := days - 1; i >= 0; i-- {
		ids = append(ids, cal.Window(usage.Day, now.AddDate(0, 0, -i)).ID)
	}
	cells, err := a.Books.Row(ctx, t.Event.Place.Tenant(), usage.Day, ids, key)
	if err != nil {
		return nil, fmt.Errorf("admin: trend: %w", err)
	}
	for i, id := range ids {
		c.Labels = append(c.Labels, id[5:])
		c.Series[0].Values = append(c.Series[0].Values, int64(cells[i].Cost))
	}
	return c, nil
}

// export gives the window's ledger rows as a file.
func (a *Admin) export(ctx context.Context, t turn.Task, q SpendQuery) (said, error) {
	if !t.Caller.Roles.SeesAll() {
		return said{}, fault.New(fault.NotAllowed, "Exports are open to admins and finance.")
	}
	w := t.Calendar().Window(q.Window, a.Clock.Now())
	from, err := t.Calendar().Start(w.Kind, w.ID)
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
