#!/bin/sh
# Say on the project's list of issues what a weekly job found: sh open-or-update-issue.sh TITLE REPORT
# An open issue of that title gets a comment, so that a fault which lasts for weeks is one issue. Asks for GH_TOKEN.
set -eu

title=$1
body=$(mktemp)
{
  echo "The last lines of [the run]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID):"
  echo
  if [ -s "$2" ]; then
    tail -n 60 "$2" | sed 's/^/    /' # four spaces make it code, whatever it holds
  else
    echo "There is no report: a step before the job's own failed."
  fi
} > "$body"

number=$(gh issue list --state open --limit 500 --json number,title \
  --jq "[.[] | select(.title == \"$title\")][0].number // empty")
if [ -n "$number" ]; then
  gh issue comment "$number" --body-file "$body"
else
  gh issue create --title "$title" --body-file "$body"
fi
rm "$body"
