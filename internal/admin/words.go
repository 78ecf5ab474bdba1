package admin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
)

// viewHelp says what each view of /ai-spend shows.
var viewHelp = map[string]string{
	"channel": "cost by channel", "team": "cost by team", "user": "cost by person; your own row unless an admin turned on others'",
	"model": "cost by model", "intent": "cost by task: summarize, draft, classify, ask", "tier": "cost by tier", "workflow": "cost by workflow",
	"provider": "cost by provider", "trend": "a bar for each of the last 14 days", "budget": "the limits and how much of each is used",
	"export": "the ledger rows as a CSV file; for admins and finance", "why": "why an answer went to its model: why <id>",
}

// asksHelp reports whether a command's arguments ask what it can do.
func asksHelp(args string) bool {
	return strings.EqualFold(strings.Trim(args, " ?.!"), "help")
}

// spendHelp lists the views of /ai-spend, one a line.
func spendHelp() string {
	var b strings.Builder
	b.WriteString("**/ai-spend** alone shows your use, this channel's and the budgets. Add `today`, `week` or `month` to any of these:\n")
	for _, v := range viewWords {
		fmt.Fprintf(&b, "- `/ai-spend %s`: %s\n", v, viewHelp[v])
	}
	return strings.TrimSpace(b.String())
}

// configExamples are what to try first.
const configExamples = "For example:\n- `/ai-config set tone formal`\n- `/ai-config explain tone`\n- `/ai-config budget person day 0.50`"

// configHelp lists the words of /ai-config, one a line.
func configHelp() string {
	return "**/ai-config** alone shows what is set differently here.\n" +
		"- `/ai-config get <setting>`: one value, where it comes from and what it may be\n" +
		"- `/ai-config set [workspace|channel|thread|me] <setting> <value> [because …]`: change one\n" +
		"- `/ai-config reset [level] <setting>`: back to what holds above\n" +
		"- `/ai-config explain`: all settings and where each comes from\n" +
		"- `/ai-config me [<setting> <value>]`: your own preferences\n" +
		"- `/ai-config tiers`: which task begins on which tier\n" +
		"- `/ai-config budget <workspace|channel|person|team|workflow> <day|week|month> <amount|none>`: a limit\n" +
		"- `/ai-config pause` and `resume`: no answers here for a while\n" +
		"- `/ai-config deny @person` and `allow @person`: whom I do not answer\n" +
		"- `/ai-config journal`: the newest changes; for admins and finance"
}

// yoursInstead adds to a refusal in somebody's direct conversation how to set
// the same for themselves, where the setting allows that.
func yoursInstead(err error, t turn.Task, r ConfigRequest) error {
	personal := slices.Contains(personalKeys(), r.Key)
	if fault.KindOf(err) != fault.NotAllowed || !personal || t.Channel.Kind != chat.DirectMessage || r.Level == "me" {
		return err
	}
	return fault.Newf(fault.NotAllowed, "For a channel or the workspace only its owner or an admin changes %s. Yours: /ai-config me %s %s", r.Key, r.Key, or(redact.Neutralise(r.Value), "<value>"))
}
