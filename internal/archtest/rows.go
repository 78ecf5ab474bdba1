// Package archtest holds the plan of the house as data and proves that the
// code follows it: who may import whom, that every package has a real doc, that
// no money amount is a float, that a platform's SDK stays in its adapter, and
// that files and functions stay readable. It parses the sources itself, so a
// cached test result can never hide a broken rule. It checks structure only,
// never behaviour.
package archtest

// module is the import path of the root.
const module = "github.com/tierwise/tierwise"

// rows is the house from top to bottom. A package may import any package of a
// lower row; edges inside a row are listed in within.
var rows = [][]string{
	{"cmd/tierwise"},
	{"internal/app"},
	{"bots/slack", "bots/discord", "bots/console", "bots/playground"},
	{"bots/bottest", "internal/localchat"},
	{"internal/intake", "internal/schedule"},
	{"internal/gate"},
	{"internal/assistant", "internal/admin"},
	{"internal/turn"},
	{
		"router", "usage", "internal/intent", "internal/llm", "internal/llm/openai", "internal/llm/local", "internal/settings",
		"internal/outcome", "internal/evidence", "internal/audit", "internal/journal", "internal/redact", "internal/footprint",
		"internal/chart", "internal/embed", "internal/people", "internal/leaving",
	},
	{"internal/store/redis", "internal/store/sqlite", "internal/store/sqlite/spool", "internal/store/memory", "internal/store/migrate", "internal/store/outage"},
	{
		"internal/chat", "internal/money", "internal/token", "internal/fault", "internal/catalog", "internal/clock", "internal/seal",
		"internal/config", "internal/httpd", "internal/observe", "internal/doctor", "internal/bench", "internal/job", "internal/record",
		"internal/step", "internal/jsonscan",
	},
}

// within lists the edges allowed inside a row, and the few that point up: the
// stores take the value types of usage, and know no room that works.
var within = map[string][]string{
	"internal/gate":               {"internal/intent"},
	"internal/evidence":           {"router"},
	"internal/audit":              {"usage", "internal/evidence", "internal/catalog", "router", "internal/journal"},
	"internal/settings":           {"internal/journal"},
	"internal/leaving":            {"usage", "internal/people", "internal/journal"},
	"internal/llm/openai":         {"internal/llm"},
	"internal/llm/local":          {"internal/llm"},
	"internal/store/redis":        {"usage"},
	"internal/store/sqlite":       {"usage"},
	"internal/store/memory":       {"usage"},
	"internal/store/migrate":      {"usage"},
	"internal/store/outage":       {"usage", "internal/store/sqlite/spool"},
	"internal/store/sqlite/spool": {"usage"},
	"internal/catalog":            {"internal/money", "internal/token", "internal/fault", "internal/clock", "internal/jsonscan"},
	"internal/config":             {"internal/money", "internal/fault", "internal/catalog"},
	"internal/doctor":             {"internal/config", "internal/fault"},
	"internal/job":                {"internal/record"},
	"internal/step":               {"internal/chat"},
	"internal/seal":               {"internal/config", "internal/fault"},
	"internal/httpd":              {"internal/observe"},
	"internal/token":              {},
}

// testRooms may import anything below the app; nothing but tests may
// import them.
var testRooms = []string{"internal/store/storetest", "internal/store/redis/redistest", "internal/llm/llmtest", "bots/bottest", "internal/archtest", "internal/gate/gatetest", "bots/slack/slacktest", "bots/discord/discordtest", "bots/console/consoletest", "deploy/demo", "deploy/bench"}

// sdks are modules that stay inside one folder.
var sdks = map[string]string{
	"github.com/slack-go/slack":            "bots/slack",
	"github.com/bwmarrin/discordgo":        "bots/discord",
	"github.com/redis/go-redis/v9":         "internal/store/redis",
	"modernc.org/sqlite":                   "internal/store/sqlite",
	"github.com/sashabaranov/go-openai":    "internal/llm/openai",
	"github.com/kelseyhightower/envconfig": "internal/config",
	"github.com/tiktoken-go/tokenizer":     "internal/token",
}

// banned are names no package has: they say nothing.
var banned = []string{"util", "utils", "common", "helpers", "helper", "manager", "service", "types", "models", "misc", "base", "core", "lib"}
