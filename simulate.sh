#!/bin/sh
# Runs random programs on the simulated Windows (docs/simulation.md). Without arguments: 100,000 new seeds on all cores.
# --help tells the options; --replay SEED prints every event of one run.
set -e
cd "$(dirname "$0")"
JAVA_HOME=$(tools/find-jdk)
classpath=testsuite/target/simulation-classpath.txt
if [ ! -f "$classpath" ] || [ pom.xml -nt "$classpath" ] || [ testsuite/pom.xml -nt "$classpath" ] \
    || [ -n "$(find transport-iocp*/src testsuite/src -newer "$classpath" -name '*.java' -print -quit)" ]; then
    ./mvnw -B -q -Pquick -pl testsuite -am test-compile \
        dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/simulation-classpath.txt
fi
java=$JAVA_HOME/bin/java
exec "$java" -ea --enable-native-access=ALL-UNNAMED -cp "testsuite/target/test-classes:$(cat "$classpath")" \
    io.github.nettyiocp.testsuite.simulation.SimulationMain "$@"
