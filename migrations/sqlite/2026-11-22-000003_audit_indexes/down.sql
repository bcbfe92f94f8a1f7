DROP INDEX audit_records_refused;
