//! The tables, as both migrations make them. Times are microseconds since the epoch.

diesel::table! {
    clients (client_id) {
        client_id -> Text,
        tenant_id -> Text,
        client_name -> Text,
        description -> Text,
        scope -> Text,
        allowed_resources -> Text,
        serves_resources -> Text,
        grant_types -> Text,
        redirect_uris -> Text,
        token_endpoint_auth_method -> Text,
        contacts -> Text,
        software_id -> Nullable<Text>,
        access_token_lifetime -> Nullable<Integer>,
        enabled -> Bool,
        client_id_issued_at -> BigInt,
        updated_at -> BigInt,
        tokens_valid_from -> BigInt,
        token_generation -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    client_secrets (secret_id) {
        secret_id -> Text,
        tenant_id -> Text,
        client_id -> Text,
        secret_hash -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    scopes (tenant_id, name) {
        tenant_id -> Text,
        name -> Text,
        description -> Text,
        sensitivity -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    administrators (username) {
        username -> Text,
        tenant_id -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    sessions (session_hash) {
        session_hash -> Text,
        tenant_id -> Text,
        username -> Text,
        state -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        ends_at -> BigInt,
        remote_address -> Nullable<Text>,
        user_agent -> Text,
        flash -> Nullable<Text>,
        sealed -> Nullable<Text>,
    }
}

diesel::table! {
    totp_factors (username) {
        username -> Text,
        tenant_id -> Text,
        sealed_secret -> Text,
        last_step -> BigInt,
        failures -> BigInt,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    passkeys (credential_id) {
        credential_id -> Text,
        tenant_id -> Text,
        username -> Text,
        name -> Text,
        credential -> Text,
        counter -> BigInt,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    recovery_codes (username, code_hash) {
        username -> Text,
        code_hash -> Text,
        tenant_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    factor_ceremonies (session_hash, purpose) {
        session_hash -> Text,
        purpose -> Text,
        tenant_id -> Text,
        state -> Text,
        ends_at -> BigInt,
    }
}

diesel::table! {
    revoked_tokens (token_id) {
        token_id -> Text,
        tenant_id -> Text,
        client_id -> Text,
        revoked_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        public_jwk -> Text,
        created_at -> BigInt,
        signs_from -> BigInt,
        verifies_until -> BigInt,
    }
}

diesel::table! {
    audit_records (seq) {
        seq -> BigInt,
        tenant_id -> Text,
        at -> BigInt,
        client_id -> Nullable<Text>,
        event -> Text,
        decision -> Text,
        record -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        seq -> BigInt,
        hash -> Text,
    }
}

diesel::table! {
    changes (seq) {
        seq -> BigInt,
        kind -> Text,
        subject -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    recorded_changes (tenant_id, change_id) {
        tenant_id -> Text,
        change_id -> Text,
        version -> Text,
    }
}

diesel::table! {
    recorded_releases (tenant_id, version) {
        tenant_id -> Text,
        version -> Text,
        released_at -> BigInt,
        previous_version -> Nullable<Text>,
        kind -> Text,
        commit_id -> Nullable<Text>,
        changes -> Text,
        change_count -> BigInt,
        recorded_by -> Text,
        recorded_at -> BigInt,
    }
}

diesel::table! {
    release_gates (gate_id) {
        gate_id -> Text,
        tenant_id -> Text,
        version -> Text,
        name -> Text,
        reason -> Text,
        set_by -> Text,
        set_at -> BigInt,
        lift_reason -> Nullable<Text>,
        lifted_by -> Nullable<Text>,
        lifted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotent_answers (tenant_id, client_id, action, key) {
        tenant_id -> Text,
        client_id -> Text,
        action -> Text,
        key -> Text,
        input_hash -> Text,
        answer -> Text,
        created_at -> BigInt,
    }
}
