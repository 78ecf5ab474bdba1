package slacktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// file is one file of a workspace.
type file struct {
	id, name, title, kind string
	team, user            string
	alt                   string // what those are told who cannot see it
	data                  []byte
	want                  int  // bytes announced
	done                  bool // completed
}

// Upload is a file the app handed over.
type Upload struct {
	Name, Kind, Alt string // Kind is the media type of its bytes
	Data            []byte
	Done            bool // completed; before that nobody sees it
}

// Uploads are the files the app handed over, in order of their names.
func (f *Fake) Uploads() []Upload {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Upload
	for _, x := range f.state.files {
		if u := f.state.user(x.user); u != nil && u.Bot {
			all = append(all, Upload{Name: x.name, Kind: x.kind, Alt: x.alt, Data: slices.Clone(x.data), Done: x.done})
		}
	}
	slices.SortFunc(all, func(a, b Upload) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// fileJSON describes a file. f.mu is held.
func (f *Fake) fileJSON(x *file) object {
	link := f.server.URL + "/files/" + x.id + "/" + x.name
	return object{"id": x.id, "name": x.name, "title": x.title, "mimetype": x.kind, "filetype": strings.TrimPrefix(path.Ext(x.name), "."),
		"size": len(x.data), "user": x.user, "mode": "hosted", "url_private": link, "url_private_download": link + "?download=1",
		"created": f.now().Unix(), "timestamp": f.now().Unix()}
}

func (c *call) uploadURL() (object, *Error) {
	x := &file{id: c.state.next("F"), name: c.str("filename"), alt: c.str("alt_txt"), want: c.number("length", 0), team: c.token.team, user: c.bot.ID}
	c.state.files[x.id] = x
	return object{"upload_url": c.server.URL + "/upload/" + x.id, "file_id": x.id}, nil
}

// serveUpload takes the bytes of an announced file, bare or as a form.
func (f *Fake) serveUpload(w http.ResponseWriter, r *http.Request) {
	data, err := uploaded(r)
	f.mu.Lock()
	defer f.mu.Unlock()
	x := f.state.files[r.PathValue("id")]
	switch {
	case err != nil || x == nil || x.done:
		http.Error(w, "no such upload", http.StatusBadRequest)
		return
	case len(data) != x.want:
		f.violate("upload", "%d bytes came, %d were announced", len(data), x.want)
		http.Error(w, "wrong length", http.StatusBadRequest)
		return
	}
	x.data, x.kind = data, http.DetectContentType(data)
	w.Write([]byte("OK - " + r.PathValue("id")))
}

func uploaded(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	if err := r.ParseMultipartForm(32 << 20); err != nil {
		return nil, err
	}
	for _, headers := range r.MultipartForm.File {
		part, err := headers[0].Open()
		if err != nil {
			return nil, err
		}
		defer part.Close()
		return io.ReadAll(part)
	}
	return nil, io.ErrUnexpectedEOF
}

func (c *call) completeUpload() (object, *Error) {
	var given []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(c.str("files")), &given); err != nil || len(given) == 0 {
		c.violate(c.method, "files is not a JSON array of objects with an id")
		return nil, refuse("invalid_arguments")
	}
	var files []*file
	for _, g := range given {
		x := c.state.files[g.ID]
		if x == nil || x.done || x.data == nil {
			return nil, refuse("file_not_found")
		}
		x.title = g.Title
		files = append(files, x)
	}
	if c.str("channel_id") != "" {
		if refused := c.shareFiles(files); refused != nil {
			return nil, refused
		}
	}
	var described []object
	for _, x := range files {
		x.done = true
		described = append(described, c.fileJSON(x))
	}
	return object{"files": described}, nil
}

// shareFiles posts uploaded files as one message of the bot.
func (c *call) shareFiles(files []*file) *Error {
	c.args["channel"] = c.args["channel_id"]
	ch, refused := c.target()
	if refused != nil {
		return refused
	}
	blocks, _, refused := c.blocksArg("message")
	if refused != nil {
		return refused
	}
	m := c.own(ch)
	m.text, m.blocks, m.files, m.subtype = c.str("initial_comment"), blocks, files, "file_share"
	c.insert(m)
	c.spoke(m)
	return nil
}

func (c *call) filesInfo() (object, *Error) {
	x := c.state.files[c.str("file")]
	if x == nil || x.team != c.token.team {
		return nil, refuse("file_not_found")
	}
	return object{"file": c.fileJSON(x)}, nil
}

// serveFile gives a file to who has a token with files:read, and the login page
// with status 200 to everybody else, as Slack does.
func (f *Fake) serveFile(w http.ResponseWriter, r *http.Request) {
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	f.mu.Lock()
	defer f.mu.Unlock()
	x, t := f.state.files[r.PathValue("id")], f.state.tokens[value]
	if x == nil || t == nil || !t.has("files:read") || t.team != x.team {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!DOCTYPE html><html><title>Sign in | Slack</title></html>"))
		return
	}
	w.Header().Set("Content-Type", x.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(x.data))
}
