package chat

// Stage is where a Post stands between its first sign and its final text.
type Stage string

// The stages of a post.
const (
	Placeholder Stage = "placeholder" // "reading 214 messages …"
	Live        Stage = "live"        // text is still arriving
	Final       Stage = "final"
)

// Post is what the bot says, from placeholder to final text. Text is
// CommonMark, already neutralised: it cannot mention anyone and hides no link.
// An adapter renders it and may split it; it adds nothing to it.
type Post struct {
	// Job identifies the post across retries; two posts with the same Job are
	// the same post. Platforms carry it along, so that it can be found again.
	Job   string `json:"job"`
	Stage Stage  `json:"stage,omitempty"`
	// Ref is the message to replace; zero makes a new one.
	Ref  Ref    `json:"ref,omitzero"`
	Text string `json:"text,omitempty"`
	// Footer is one grey line under the text.
	Footer string `json:"footer,omitempty"`
	// Buttons are shown under the post, at most three; More is behind "⋯".
	Buttons []Button `json:"buttons,omitempty"`
	More    []Button `json:"more,omitempty"`
	Table   *Table   `json:"table,omitempty"`
	Chart   *Chart   `json:"chart,omitempty"`
	Files   []File   `json:"files,omitempty"`
	// Sections follow the post where it is a page (Answer.Home); a message
	// shows none. A post without any content, as the answer to something pressed
	// on a page, says nothing and only shows the page anew.
	Sections []Section `json:"sections,omitempty"`
	// Form is opened instead of posting where the platform can do that from a
	// reply (the terminal); elsewhere forms are opened through Door.Ask.
	Form *Form `json:"form,omitempty"`
	// Private overrides nothing: it repeats ReplyTo.Private so that a renderer
	// can mark the post "only visible to you".
	Private bool `json:"private,omitempty"`
	// Sample marks the demo workspace: "simulated model · sample money".
	Sample bool `json:"sample,omitempty"`
}

// Section is a part of a page with controls of its own: text, chart and table,
// then a row of buttons with the rest behind "⋯", within the bounds of a Post.
type Section struct {
	Text    string   `json:"text,omitempty"`
	Chart   *Chart   `json:"chart,omitempty"`
	Table   *Table   `json:"table,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	More    []Button `json:"more,omitempty"`
}

// Button is something to press. Pressing gives a Click with Name and Value.
type Button struct {
	Name  string `json:"name"`
	Label string `json:"label"`           // at most 75 characters
	Value string `json:"value,omitempty"` // at most 80 bytes fit everywhere
	Style Style  `json:"style,omitempty"`
	// OpensForm says that the adapter must ask Door.Ask for a form when it is
	// pressed, inside the platform's deadline, instead of sending a Click.
	OpensForm bool `json:"opens_form,omitempty"`
}

// Style is how a button looks.
type Style string

// The styles every adapter can show.
const (
	Plain   Style = ""
	Primary Style = "primary"
	Danger  Style = "danger"
)

// Table is rows under named columns.
type Table struct {
	Title   string     `json:"title,omitempty"`
	Columns []Column   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// Column is the head of a table column; Number columns are aligned right.
type Column struct {
	Name   string `json:"name"`
	Number bool   `json:"number,omitempty"`
}

// Chart is a small picture of numbers. Values are integers in Unit; a renderer
// scales them, so no fraction of money is ever formed here.
type Chart struct {
	Title  string   `json:"title"`
	Kind   string   `json:"kind"` // "bar" or "line"
	Unit   string   `json:"unit"` // "nano-USD", "tokens", "requests"
	Labels []string `json:"labels"`
	Series []Series `json:"series"`
}

// Series is one line or set of bars.
type Series struct {
	Name   string  `json:"name"`
	Values []int64 `json:"values"`
}
