/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.util.HashSet;
import java.util.Set;

/** A process of the simulated Windows, and who it runs as. */
final class SimulatedProcess {

    static final User ALICE = new User(new Sid("S-1-5-21-1111-2222-3333-1001"), "alice", "SIMULATED");
    static final User BOB = new User(new Sid("S-1-5-21-1111-2222-3333-1002"), "bob", "SIMULATED");
    static final User SYSTEM = new User(Sid.SYSTEM, "SYSTEM", "NT AUTHORITY");

    /** An account. */
    record User(Sid sid, String name, String domain) {
    }

    /** How much of an identity somebody may use. */
    enum Level { ANONYMOUS, IDENTIFICATION, IMPERSONATION, DELEGATION, PRIMARY }

    /** An identity: who somebody is, and what he may do with that. */
    record Token(SimulatedProcess process, Level level, boolean remote) {

        Sid user() {
            return level == Level.ANONYMOUS ? Sid.ANONYMOUS : process.user.sid;
        }

        Set<Sid> groups() {
            Set<Sid> groups = new HashSet<>();
            groups.add(Sid.EVERYONE);
            if (level == Level.ANONYMOUS) {
                return groups;
            }
            groups.add(Sid.AUTHENTICATED_USERS);
            groups.add(Sid.USERS);
            groups.add(remote ? Sid.NETWORK : Sid.INTERACTIVE);
            groups.add(process.logon);
            if (process.elevated || process.user == SYSTEM) {
                groups.add(Sid.ADMINISTRATORS);
            }
            return groups;
        }

        boolean has(Sid sid) {
            return user().equals(sid) || groups().contains(sid);
        }

        /** Who owns what is made without saying who shall own it: not the user if he is an administrator at work. */
        Sid defaultOwner() {
            return process.elevated ? Sid.ADMINISTRATORS : user();
        }

        boolean mayOwn(Sid sid) {
            return user().equals(sid) || process.elevated && sid.equals(Sid.ADMINISTRATORS)
                    || process.user == SYSTEM;
        }
    }

    final int id;
    final int session;
    final User user;
    final Sid logon;
    boolean elevated;

    SimulatedProcess(int id, int session, User user) {
        this.id = id;
        this.session = session;
        this.user = user;
        logon = new Sid("S-1-5-5-0-" + (70000 + session * 10 + (user == ALICE ? 1 : 2)));
    }

    Token token() {
        return new Token(this, Level.PRIMARY, false);
    }

    @Override
    public String toString() {
        return "process " + id;
    }
}
