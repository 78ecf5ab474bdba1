package local

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

func BenchmarkSummarize(b *testing.B) {
	line := "the release is red because the login tests number %d fail on arm64 since the session cache changed, see run %d"
	var many []chat.Message
	for i := range 5000 {
		many = append(many, chat.Message{Author: chat.Actor{Name: "Anna" + strconv.Itoa(i%7)}, Text: strings.ReplaceAll(line, "%d", strconv.Itoa(i*7919%1000))})
	}
	huge := []chat.Message{{Author: chat.Actor{Name: "Bob"}, Text: strings.Repeat("lorem ipsum dolor sit amet? consetetur. ", 2600)}}
	for name, m := range map[string][]chat.Message{"5000 messages": many, "100 KB message": huge, "thread": release()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				summarize(safe(step.Input{Messages: m}), lookFor(false, catalog.Local))
			}
		})
	}
}

func BenchmarkAsk5000(b *testing.B) {
	var many []chat.Message
	for i := range 5000 {
		many = append(many, chat.Message{Author: chat.Actor{Name: "Anna"}, Text: "run " + strconv.Itoa(i) + " of the release fails on arm64 since the cache changed"})
	}
	for b.Loop() {
		ask(safe(step.Input{Messages: many, Instruction: "why does run 77 fail?"}), lookFor(false, catalog.Local))
	}
}
