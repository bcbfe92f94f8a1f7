DROP TABLE recorded_changes;
