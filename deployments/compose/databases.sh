#!/bin/sh
# Run by the PostgreSQL image when its volume is empty: a database and a role for Diarchy and for Prefect.
set -eu
for name in diarchy prefect; do
    psql --set=ON_ERROR_STOP=1 --set=name="$name" \
        --set=password="$(cat "/run/secrets/${name}_database_password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
SQL
done
# Prefect searches by trigrams.
psql --set=ON_ERROR_STOP=1 --dbname=prefect --command='CREATE EXTENSION IF NOT EXISTS pg_trgm'
