DROP TABLE release_gates;
DROP TABLE recorded_releases;
