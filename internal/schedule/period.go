package schedule

import (
	"fmt"
	"time"
)

// Daily names days in UTC, which has no summer time.
func Daily(t time.Time) string { return DailyIn(time.UTC)(t) }

// Hourly names hours in UTC.
func Hourly(t time.Time) string { return t.UTC().Format("2006-01-02T15") }

// DailyIn names days in a workspace's zone. A day of 23 or 25 hours is one day.
func DailyIn(zone *time.Location) func(time.Time) string {
	return func(t time.Time) string { return t.In(zone).Format("2006-01-02") }
}

// MonthlyIn names months in a workspace's zone.
func MonthlyIn(zone *time.Location) func(time.Time) string {
	return func(t time.Time) string { return t.In(zone).Format("2006-01") }
}

// Every names spans of d, counted from the Unix epoch.
func Every(d time.Duration) func(time.Time) string {
	return func(t time.Time) string { return fmt.Sprintf("%d", t.UnixNano()/int64(d)) }
}
