#!/usr/bin/env bash
# Runs an example on Windows' JVM (on Wine where this isn't Windows), building and setting up what is needed:
#   ./run-example.sh                    lists the examples
#   ./run-example.sh NAME [ARGUMENT...]
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"
here=$PWD
jar=examples/target/examples.jar
list=examples/src/main/resources/io/github/nettyiocp/examples/examples.txt

if [ $# = 0 ]; then
    echo "The examples (./run-example.sh NAME):"
    while read -r name _ description; do printf '  %-11s %s\n' "$name" "$description"; done <$list
    exit
fi
if ! grep -q "^$1 " $list; then
    echo "No example is called $1. ./run-example.sh lists them." >&2
    exit 2
fi

if [ ! -e $jar ] || [ -n "$(find pom.xml transport-iocp* examples -path '*/target' -prune -o -type f -newer $jar -print -quit)" ]; then
    echo "Building (the first time downloads what the build needs) ..." >&2
    ./mvnw -q -B -pl examples -am -Dmaven.test.skip=true package
    touch $jar
fi
exec tools/windows-java -jar "$here/$jar" "$@"
