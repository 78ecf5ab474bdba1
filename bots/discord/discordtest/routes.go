package discordtest

import (
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"
)

// input is one request, read.
type input struct {
	r      *http.Request
	body   any
	fields map[string]any
	files  []File
	route  string
}

func (in input) id(name string) string { return in.r.PathValue(name) }

// str is a string field of the body.
func (in input) str(name string) string {
	s, _ := in.fields[name].(string)
	return s
}

func (in input) num(name string) int {
	n, _ := in.fields[name].(float64)
	return int(n)
}

// output is an answer: a status, and a body that is nil for none.
type output struct {
	status int
	body   any
}

func ok(body any) output { return output{http.StatusOK, body} }

// refusal is an error answer.
func refusal(status, code int, message string) output {
	return output{status, obj{"message": message, "code": code}}
}

var (
	unknownChannel = refusal(404, 10003, "Unknown Channel")
	unknownMessage = refusal(404, 10008, "Unknown Message")
	unknownHook    = refusal(404, 10015, "Unknown Webhook")
	missingAccess  = refusal(403, 50001, "Missing Access")
	missingRights  = refusal(403, 50013, "Missing Permissions")
)

type handler func(f *Fake, in input) output

// table is every route the fake serves.
func table() map[string]handler {
	t := map[string]handler{
		"GET /users/@me":                                            func(f *Fake, _ input) output { return ok(f.meJSON()) },
		"GET /applications/@me":                                     func(f *Fake, _ input) output { return ok(f.appJSON()) },
		"GET /gateway/bot":                                          (*Fake).gatewayBot,
		"GET /users/@me/guilds":                                     (*Fake).myGuilds,
		"POST /users/@me/channels":                                  (*Fake).openDirect,
		"GET /guilds/{guild_id}":                                    (*Fake).getGuild,
		"GET /guilds/{guild_id}/channels":                           (*Fake).guildChannels,
		"GET /guilds/{guild_id}/members/{user_id}":                  (*Fake).getMember,
		"GET /guilds/{guild_id}/threads/active":                     (*Fake).activeThreads,
		"GET /applications/{application_id}/commands":               (*Fake).listCommands,
		"PUT /applications/{application_id}/commands":               (*Fake).putCommands,
		"GET /channels/{channel_id}":                                (*Fake).getChannel,
		"GET /channels/{channel_id}/messages":                       (*Fake).listMessages,
		"POST /channels/{channel_id}/messages":                      (*Fake).createMessage,
		"GET /channels/{channel_id}/messages/{message_id}":          (*Fake).getMessage,
		"PATCH /channels/{channel_id}/messages/{message_id}":        (*Fake).editMessage,
		"DELETE /channels/{channel_id}/messages/{message_id}":       (*Fake).deleteMessage,
		"POST /channels/{channel_id}/messages/{message_id}/threads": (*Fake).createThread,
		"POST /channels/{channel_id}/typing":                        (*Fake).typing,
		"GET /channels/{channel_id}/thread-members/{user_id}":       (*Fake).threadMember,
	}
	maps.Copy(t, hookTable())
	return t
}

func (f *Fake) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gateway", f.serveGateway)
	for pattern, h := range table() {
		method, route, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v10"+route, func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, route, h) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		f.problem("%s %s: the fake has no such route", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	})
	return mux
}

// serve reads, checks, records and answers one request.
func (f *Fake) serve(w http.ResponseWriter, r *http.Request, route string, h handler) {
	in, err := f.readInput(r, route)
	if err != nil {
		f.problem("%s %s: %v", r.Method, route, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.checkRequest(in)
	f.mu.Lock()
	slow := f.faults.slow
	var open <-chan struct{}
	if f.faults.together != nil {
		open = f.faults.together.come()
	}
	f.mu.Unlock()
	if open != nil {
		<-open
	}
	if slow > 0 {
		time.Sleep(slow)
	}
	f.mu.Lock()
	out, cut, limited := f.handle(in, h)
	status := out.status
	if limited != nil {
		status = http.StatusTooManyRequests
	}
	f.requests = append(f.requests, Request{Method: r.Method, Route: route, Path: r.URL.Path, Status: status, Body: in.fields, Files: names(in.files)})
	f.mu.Unlock()
	switch {
	case limited != nil:
		limit(w, *limited)
	case cut:
		panic(http.ErrAbortHandler)
	default:
		f.checkAnswer(in, out)
		write(w, out.status, out.body)
	}
}

func (f *Fake) handle(in input, h handler) (out output, cut bool, limited *Limit) {
	hook := strings.HasPrefix(in.route, "/webhooks") || strings.HasPrefix(in.route, "/interactions")
	if !hook && in.r.Header.Get("Authorization") != "Bot "+Token {
		return refusal(401, 0, "401: Unauthorized"), false, nil
	}
	speaks := in.r.Method == http.MethodPost && (in.route == "/channels/{channel_id}/messages" || in.route == "/webhooks/{webhook_id}/{webhook_token}") ||
		in.r.Method == http.MethodPatch && strings.HasSuffix(in.route, "/@original")
	if speaks && len(f.faults.limits) > 0 {
		l := f.faults.limits[0]
		f.faults.limits = f.faults.limits[1:]
		return output{}, false, &l
	}
	if in.r.Method != http.MethodGet && len(f.faults.errors) > 0 && !strings.HasSuffix(in.route, "/typing") {
		status := f.faults.errors[0]
		f.faults.errors = f.faults.errors[1:]
		return output{status, obj{"message": "upstream", "code": 0}}, false, nil
	}
	if in.r.Method == http.MethodGet && f.faults.reads != 0 {
		return output{f.faults.reads, obj{"message": "upstream", "code": 0}}, false, nil
	}
	if f.faults.gone && strings.Contains(in.route, "{") {
		if hook {
			return unknownHook, false, nil
		}
		return unknownChannel, false, nil
	}
	if f.faults.gone && in.route == "/users/@me/channels" {
		return refusal(403, 50007, "Cannot send messages to this user"), false, nil
	}
	out = h(f, in)
	return out, speaks && taken(&f.faults.cut), nil
}

// readInput reads JSON, or a form with files and JSON beside them.
func (f *Fake) readInput(r *http.Request, route string) (input, error) {
	in := input{r: r, route: route}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var raw []byte
	if kind == "multipart/form-data" {
		form, err := multipart.NewReader(r.Body, params["boundary"]).ReadForm(32 << 20)
		if err != nil {
			return in, err
		}
		raw = []byte(form.Value["payload_json"][0])
		for _, name := range slices.Sorted(maps.Keys(form.File)) {
			file, err := form.File[name][0].Open()
			if err != nil {
				return in, err
			}
			data, _ := io.ReadAll(file)
			in.files = append(in.files, File{Name: form.File[name][0].Filename, Data: data})
		}
	} else {
		var err error
		if raw, err = io.ReadAll(r.Body); err != nil {
			return in, err
		}
	}
	if len(raw) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(raw, &in.body); err != nil {
		return in, err
	}
	in.fields, _ = in.body.(map[string]any)
	return in, nil
}

func names(files []File) []string {
	var out []string
	for _, f := range files {
		out = append(out, f.Name)
	}
	return out
}

// checkRequest holds the request against the description.
func (f *Fake) checkRequest(in input) {
	if f.spec == nil {
		return
	}
	query := slices.Sorted(maps.Keys(in.r.URL.Query()))
	for _, bad := range f.spec.request(in.r.Method, in.route, query, in.body) {
		f.problem("request %s %s: %s", in.r.Method, in.route, bad)
	}
}

// checkAnswer holds a good answer of the fake against the description, so that
// it does not teach the adapter a Discord that does not exist.
func (f *Fake) checkAnswer(in input, out output) {
	if f.spec == nil || out.status >= 300 || f.strange() {
		return
	}
	var plain any
	if out.body != nil {
		b, err := json.Marshal(out.body)
		if err != nil || json.Unmarshal(b, &plain) != nil {
			f.problem("answer %s %s: no JSON", in.r.Method, in.route)
			return
		}
	}
	for _, bad := range f.spec.answer(in.r.Method, in.route, out.status, plain) {
		f.problem("answer %s %s: %s", in.r.Method, in.route, bad)
	}
}

func (f *Fake) strange() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults.strange
}

func write(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away reads nothing
}
