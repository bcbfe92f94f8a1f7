DROP TABLE factor_ceremonies;
DROP TABLE recovery_codes;
DROP TABLE passkeys;
DROP TABLE totp_factors;
