#!/bin/sh
# Makes a database cluster on the first start, then becomes PostgreSQL. Honors the variables that people know:
# POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, each also as NAME_FILE, and /docker-entrypoint-initdb.d/*.sql.
set -eu

# from_file NAME: takes a variable from the file that NAME_FILE names.
from_file() {
  eval "file=\${$1_FILE:-}"
  [ -z "$file" ] || eval "$1=\$(cat \"\$file\")"
}

case ${1:-} in
  '' | -*) set -- postgres "$@" ;;
  postgres) ;;
  *) exec "$@" ;;
esac

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  # A secret may be for root's eyes only, and the next part runs as postgres.
  for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB; do
    from_file $name
    eval "[ -z \"\${$name:-}\" ] || export $name"
    unset ${name}_FILE
  done
  exec su -m postgres "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB; do from_file $name; done
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo 'POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) must be set for the first start.' >&2
    exit 1
  fi
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}

  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
  initdb -D "$PGDATA" -U "$user" -E UTF8 --no-sync --auth-local=trust --auth-host=scram-sha-256 --pwfile="$password" >/dev/null
  rm "$password"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"

  # The server that sets up listens where no healthcheck looks, so that nobody takes it for the real one.
  hidden=$(mktemp -d)
  pg_ctl -D "$PGDATA" -s -w -o "-c listen_addresses='' -c unix_socket_directories=$hidden" start >/dev/null
  [ "$database" = postgres ] || createdb -h "$hidden" -U "$user" "$database"
  for script in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -f "$script" ] || psql -h "$hidden" -U "$user" -d "$database" -v ON_ERROR_STOP=1 -q -f "$script"
  done
  pg_ctl -D "$PGDATA" -s -w -m fast stop
  rm -r "$hidden"
fi
unset POSTGRES_PASSWORD

shift
exec postgres -D "$PGDATA" -c "listen_addresses=*" "$@"
