package redis

import (
	"strconv"
	"strings"
)

// Every key begins with "tw:{p}:", where p is the partition of the workspace:
// crc16(tenant) modulo 16. The braces make it the Cluster hash tag, so a
// workspace, its jobs, its money and its outbox are in one slot, and one script
// may touch all of them.
//
// Scripts get the partition root as their only entry of KEYS and derive the
// rest from it, because the rest is known only inside: a hold says in which
// windows money is booked, a finished job which lanes wake up, and a claim
// serves all workspaces of its partition. The slot is the same by construction,
// and a test watches every command that every script sends.
//
//	<root>ready      zset   jobs to look at, by sequence
//	<root>parked     zset   <workspace> US <lane> US <seq> US <cap> US <job>, by text
//	<root>run, due   zset   running jobs by end of lease; given back ones by instant
//	<root>late       hash   how many of "ready" are parked, running, waiting
//	<root>lanes      hash   places taken, by <workspace> US <lane>; in a lane of one
//	                        place beside it, with US by, the job that has it
//	<root>all        zset   all jobs not finished, by sequence
//	<root>wake       stream one entry exactly while "ready" is not empty
//	<root>seq        int    order of acceptance, of jobs and posts alike
//	<root>oready, otime, lined, oall, owake   the same for posts
//	<root>holds      zset   open holds by end of lifetime
//	<root>ends       zset   records that end, by when
//	<root>tenants    set    workspaces that ever had entries, limits or records
//	<root>c:<nonce>  string what one operation answered, for its own retries (60 s)
//	<root>l:<name>   hash   a lease
//	<root>tides      hash   how far each process has noted to have got; see Tide
//	<root>met:<life> hash   who has put back what it remembers (1 h; in one partition)
//	<space>j:<job>   hash   a job               <space>dd:<mark> string  an event was seen (25 h)
//	<space>o:<post>  hash   a post              <space>h:<hold>  hash    a hold
//	<space>p:<post>  string told of a post that is not there (25 h; see past)
//	<space>e:<month> stream entries             <space>b:<month> hash    booked ids → place in e
//	<space>months    set    months with entries <space>marked    set     months with booked ids
//	<space>n:<window> hash  +<scope> → settled, ~<scope> → held
//	<space>r:<window> hash  rollup row → cell   <space>new       list    sums not in r yet
//	<space>lim       hash   limits
//	<space>d:<kind>:<id> hash a record          <space>di        zset    <kind> US <id>
//	<space>m:<mark>  string a mark              <space>k:<rate>  hash    a rate
//
// where <space> is <root>t:<workspace>: and <window> is <kind>:<id>.
const (
	partitions = 16
	prefix     = "tw:"
	unit       = "\x1f" // US, between the parts of a member
)

// rootKey is the root of a partition's keys.
func rootKey(p int) string { return prefix + "{" + strconv.Itoa(p) + "}:" }

// spaceKey is the root of a workspace's keys.
func spaceKey(tenant string) string { return rootKey(partition(tenant)) + "t:" + encode(tenant) + ":" }

// spacePattern matches the keys of a workspace, for SCAN.
func spacePattern(tenant string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(spaceKey(tenant)) + "*"
}

// schemaKey holds the version of this layout.
func schemaKey() string { return rootKey(0) + "schema" }

// mendedKey holds the runs of servers that were mended.
func mendedKey() string { return rootKey(0) + "mended" }

// tidesKey holds the notes of processes in a partition.
func tidesKey(p int) string { return rootKey(p) + "tides" }

// meetingKey holds who has come in a life of the servers.
func meetingKey(life string) string { return rootKey(0) + "met:" + encode(life) }

// probeKey is written, read and deleted by Check.
func probeKey(nonce string) string { return rootKey(0) + "probe:" + nonce }

func wakeKey(p int) string     { return rootKey(p) + "wake" }
func runKey(p int) string      { return rootKey(p) + "run" }
func dueKey(p int) string      { return rootKey(p) + "due" }
func postWakeKey(p int) string { return rootKey(p) + "owake" }
func postTimeKey(p int) string { return rootKey(p) + "otime" }

func jobKey(tenant, id string) string        { return spaceKey(tenant) + "j:" + id }
func limitsKey(tenant string) string         { return spaceKey(tenant) + "lim" }
func monthsKey(tenant string) string         { return spaceKey(tenant) + "months" }
func entriesKey(tenant, month string) string { return spaceKey(tenant) + "e:" + month }
func freshKey(tenant string) string          { return spaceKey(tenant) + "new" }
func rollupKey(tenant, window string) string { return spaceKey(tenant) + "r:" + window }

// windowName names a window inside a key.
func windowName(kind, id string) string { return kind + ":" + id }

// partition is where a workspace lives.
func partition(tenant string) int { return int(crc16(tenant) % partitions) }

// encode makes a name safe as a part of a key or a member, and the same names
// stay different: "%", ":" and US are written as %XX.
func encode(name string) string {
	if !strings.ContainsAny(name, "%:"+unit) {
		return name
	}
	return strings.NewReplacer("%", "%25", ":", "%3A", unit, "%1F").Replace(name)
}

// decode is the inverse of encode.
func decode(name string) string {
	return strings.NewReplacer("%25", "%", "%3A", ":", "%1F", unit).Replace(name)
}

// crc16 is the checksum Redis Cluster uses for slots (XMODEM, polynomial
// 0x1021).
func crc16(s string) uint16 {
	var crc uint16
	for i := range len(s) {
		crc ^= uint16(s[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
