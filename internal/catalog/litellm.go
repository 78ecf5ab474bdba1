package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// liteProviders are LiteLLM's names of providers where ours differ. A provider
// that is in neither list is kept under its own name.
var liteProviders = map[string]string{"gemini": "google"}

// liteLong are the context sizes that its field names can end with.
var liteLong = []struct {
	suffix string
	above  int64
}{{"_above_128k_tokens", 128_000}, {"_above_200k_tokens", 200_000}, {"_above_256k_tokens", 256_000}, {"_above_272k_tokens", 272_000}}

// liteServices are the endings of fields that price a service tier.
var liteServices = []struct{ suffix, service string }{{"", ""}, {"_flex", "flex"}, {"_priority", "priority"}, {"_batches", "batch"}}

// ReadLiteLLM reads LiteLLM's price JSON as it is; day is the day the file is
// from. Only models for text are read. The id is exact: the key of the row
// without its provider's prefix, below our name of the provider.
func ReadLiteLLM(r io.Reader, day time.Time) (Listing, error) {
	l := Listing{Name: "LiteLLM " + day.Format(time.DateOnly), Read: day, Rows: map[string]Listed{}}
	var doc map[string]json.RawMessage
	if err := json.NewDecoder(io.LimitReader(r, maxListing)).Decode(&doc); err != nil {
		return Listing{}, fmt.Errorf("catalog: read LiteLLM prices: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(doc)) {
		if key == "sample_spec" {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(doc[key]))
		d.UseNumber()
		var row liteRow
		if err := d.Decode(&row); err != nil {
			l.note(Unread, key, "the row is not an object")
			continue
		}
		if mode := row.text("mode"); mode != "chat" && mode != "responses" {
			continue
		}
		id, listed := row.listed(key)
		if _, twice := l.Rows[id]; twice {
			l.note(Conflict, id, "given twice, as %q too", key)
			continue
		}
		listed.Prices = l.litePrices(id, row)
		l.Rows[id] = listed
	}
	return l, nil
}

type liteRow map[string]any

func (r liteRow) text(field string) string {
	s, _ := r[field].(string)
	return s
}

// number is a field's number as it is written, "" when absent or null.
func (r liteRow) number(field string) string {
	n, _ := r[field].(json.Number)
	return n.String()
}

func (r liteRow) tokens(field string) int64 {
	n, _, err := scaledDecimal(r.number(field), 0)
	if err != nil {
		return 0
	}
	return n
}

func (r liteRow) listed(key string) (string, Listed) {
	theirs := r.text("litellm_provider")
	provider := theirs
	if ours, ok := liteProviders[theirs]; ok {
		provider = ours
	}
	out := Listed{Provider: provider, Wire: strings.TrimPrefix(key, theirs+"/"), Abilities: []Ability{Streaming}}
	out.MaxOutput = r.tokens("max_output_tokens")
	// Their limit of input excludes output at some vendors and not at others;
	// the smaller reading is safe.
	out.Context = r.tokens("max_input_tokens")
	for _, f := range []struct {
		field string
		a     Ability
	}{{"supports_response_schema", JSON}, {"supports_reasoning", Reasoning}, {"supports_vision", Images}, {"supports_pdf_input", Files}} {
		if on, _ := r[f.field].(bool); on {
			out.Abilities = append(out.Abilities, f.a)
		}
	}
	if day, err := time.Parse(time.DateOnly, r.text("deprecation_date")); err == nil {
		out.Deprecated = day
	}
	return provider + "/" + out.Wire, out
}

func (l *Listing) litePrices(id string, r liteRow) []Price {
	var out []Price
	for _, s := range liteServices {
		rates, ok := l.liteRates(id, r, s.suffix)
		if !ok {
			continue
		}
		p := Price{From: l.Read, Service: s.service, Rates: rates, Source: l.Name, Verified: l.Read}
		for _, size := range liteLong {
			if v, ok := l.liteRates(id, r, size.suffix+s.suffix); ok {
				p.Long = append(p.Long, Band{size.above, v})
			}
		}
		out = append(out, p)
	}
	return out
}

// liteRates reads one set of rates, in USD per token, whose fields end alike.
func (l *Listing) liteRates(id string, r liteRow, suffix string) (Rates, bool) {
	return l.rates(id, 12,
		r.number("input_cost_per_token"+suffix), r.number("cache_read_input_token_cost"+suffix),
		r.number("cache_creation_input_token_cost"+suffix), r.number("cache_creation_input_token_cost_above_1hr"+suffix),
		r.number("output_cost_per_token"+suffix), r.number("output_cost_per_reasoning_token"+suffix))
}
