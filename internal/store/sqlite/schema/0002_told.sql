-- told: somebody was given the word that the job waits in a lane of one place.
ALTER TABLE jobs ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
