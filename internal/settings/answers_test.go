package settings_test

import (
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
)

// answers asks every getter and writes down what it says.
func answers(r settings.Resolved) string {
	pin, by := r.Pin()
	if pin != nil {
		by += pin.String()
	}
	out := fmt.Sprint(r.Ceiling(), by, r.Fast(), r.AnswerCap(), r.Language(), r.Tone(), r.Length(), r.Labels(), r.Footer(),
		r.FollowUps(), r.PrivateAnswers(), r.Class(), r.Regions(), r.Deny(), r.Redact(), r.Zone(), r.ChannelTotals(), r.PeopleRows(),
		r.Audit(), r.ReportsChannel(), r.Owners(), r.AdminList(), r.FinanceList(),
		r.Paused(), r.PostEdited(), r.PerMinute(chat.Actor{}), r.PerMinute(chat.Actor{Groups: []string{"zz"}}))
	for _, i := range step.Intents() {
		out += fmt.Sprint(r.Tier(i), r.Verify(i))
	}
	a := r.Access()
	out += fmt.Sprint(a.Enabled, a.Guests, a.Outsiders, a.AllowPeople, a.DenyPeople, a.AllowGroups, a.DenyGroups, a.MinAccount, a.MinMember)
	return out + fmt.Sprint(r.Roles("p_anna", chat.Actor{ID: "U1"}), r.Roles("p_anna", chat.Actor{ID: "U1", Groups: []string{"zz"}}))
}
