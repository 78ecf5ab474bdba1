package gatetest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
)

// leaks looks for content and provider text where neither may be: log lines,
// ledger rows, records that are not sealed, and, for the provider's text, posts.
func (h *House) leaks() {
	h.T.Helper()
	look := func(where, text string, words ...string) {
		for _, w := range words {
			if strings.Contains(text, w) {
				h.T.Errorf("%s shows %s: %s", where, w, text)
			}
		}
	}
	look("the log", h.Log.String(), Content, ProviderText)
	rows, err := json.Marshal(h.Entries())
	if err != nil {
		h.T.Error(err)
	}
	look("the ledger", string(rows), Content, ProviderText)
	tenant := In("").Tenant()
	for _, k := range []record.Kind{record.Draft, record.Receipt, record.Outcome, record.Request, record.Journal, record.Thread, record.Dead, record.Person} {
		list, err := h.Store.List(context.Background(), tenant, k, "")
		if err != nil {
			h.T.Error(err)
		}
		for _, r := range list {
			look("a record of kind "+string(k), string(r.Body)+r.ID, Content, ProviderText)
		}
	}
	for _, who := range []string{Anna, Ben, Olga, Fin, Ada, Gus, Eve} {
		for _, c := range h.World.Channels(Workspace, who) {
			for _, m := range h.Posts(c.Place, who) {
				text, err := json.Marshal(m.Post)
				if err != nil {
					h.T.Error(err)
				}
				look("a post", string(text), ProviderText)
				if m.Post.Stage != chat.Final && !h.Unfinished {
					h.T.Errorf("a post was never finished: %s", text)
				}
			}
		}
	}
}
