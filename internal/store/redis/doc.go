// Package redis keeps the store in Redis 6.2 or newer, or Valkey, as one Lua
// script for each operation: atomic, in one Cluster slot, and idempotent, so
// that the client's own retries after a lost connection change nothing twice.
// From Redis 7.0 on the scripts are loaded as one library of functions.
// Several processes share one Redis; all clocks are the server's. What is
// acknowledged is as durable as the server's fsync setting, which Check tells,
// and with Options.Durability Replicated it has reached a replica besides.
//
// The queue is sorted sets moved by scripts, not a stream with a consumer
// group. A stream's pending list knows neither lanes nor our clock: a job that
// must park would have to be taken out of it and kept elsewhere, leases could
// not be tested by moving time, and closing the hold of a dead worker would be
// a second step after XAUTOCLAIM. Here a claim gives the job, takes its places
// and closes the hold of the delivery before in one script. Waiting is a stream
// of at most one entry in each partition that exists exactly while something is
// ready: XREAD BLOCK from zero waits for it without consuming it, so a wake-up
// cannot be lost with the process that saw it, and one connection waits for all
// partitions (in Cluster mode, one for each).
//
// What an entry adds to is kept in two ways. Budget counters are hash fields,
// read and written once in a call, so that a limit is judged by what is true.
// Rollups, 13 rows in three windows, are packed cells that are folded from a
// list every few entries; a reader takes cells and list in one transaction and
// adds them. Amounts in a cell are kept as dollars and nano-dollars, so that the
// sum stays exact.
//
// One script is one transaction in the append-only file. Redis can apply half of
// one after two crashes, which no script can prevent; see mend.
//
// The package does not seal, price or decide anything, spools nothing while
// Redis is away (ErrDown says so), and cannot undo what an operator loses by
// eviction or by a failover without Replicated.
package redis
