#!/usr/bin/env bash
# A deploy hook: brings a service of a Compose project to the image that an event tells of.
#
# The hub starts a hook with the event's JSON on standard input and these variables:
#   SIGNALBOX_EVENT_ID    the event's id, the same in each attempt
#   SIGNALBOX_EVENT_TYPE  for example io.signalbox.image.pushed
#   SIGNALBOX_REGISTRY    the registry's host name, for example registry.example.com
#   SIGNALBOX_REPOSITORY  for example production/shop
#   SIGNALBOX_TAG         for example 1.4.2; empty for a push by digest
#   SIGNALBOX_DIGEST      for example sha256:...
# Exit code 0 means deployed; anything else means failed, and the hook may be started again for the same event.
#
# Set for the hook:
#   COMPOSE_DIR      the folder with docker-compose.yml (default: the working folder)
#   COMPOSE_SERVICE  the service to update (default: the last part of the repository's name)
# The service names its image as ${IMAGE}: the hook writes it to the .env file beside docker-compose.yml, by digest, so that
# what runs is what was pushed even if the tag moves on.
set -euo pipefail

event=$(cat)
[[ $event == \{* ]] || {
  echo "no event on standard input" >&2
  exit 2
}

if [[ ${SIGNALBOX_EVENT_TYPE:?} != io.signalbox.image.pushed ]]; then
  echo "nothing to do for $SIGNALBOX_EVENT_TYPE"
  exit 0
fi

folder=${COMPOSE_DIR:-.}
service=${COMPOSE_SERVICE:-${SIGNALBOX_REPOSITORY##*/}}
image=${SIGNALBOX_REGISTRY:?}/${SIGNALBOX_REPOSITORY:?}@${SIGNALBOX_DIGEST:?}

# Two events at once must not mix: the second waits for the first.
exec 9>"$folder/.deploy.lock"
flock 9

if grep -qxF "IMAGE=$image" "$folder/.env" 2>/dev/null; then
  echo "$service already has $image"
else
  # Other settings in the file stay. The new file replaces the old one in one step.
  { grep -v '^IMAGE=' "$folder/.env" 2>/dev/null || true; } >"$folder/.env.new"
  echo "IMAGE=$image" >>"$folder/.env.new"
  mv "$folder/.env.new" "$folder/.env"
fi

# --wait: only a service that is healthy counts as deployed.
docker compose --project-directory "$folder" up --detach --wait "$service"
echo "$service runs ${SIGNALBOX_TAG:-$SIGNALBOX_DIGEST}: $image"
