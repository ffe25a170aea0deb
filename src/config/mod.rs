//! Files, environment and flags become one resolved value.
