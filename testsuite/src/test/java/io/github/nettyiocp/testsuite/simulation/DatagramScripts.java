/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.WinConst;

/** The {@link ConformanceScript scripts} about datagrams. */
final class DatagramScripts {

    private static final int GROUP = 0xe0010203;
    private static final int BROADCAST = -1;
    private static final int LOOPBACK = 0x7f000001;

    private DatagramScripts() {
    }

    private static long address(Win32Steps steps, int ip, int port) {
        long address = steps.loopback(WinConst.AF_INET, port);
        Memory.putInt(address + Layout.SOCKADDR_IN_ADDR, Integer.reverseBytes(ip));
        return address;
    }

    static void echo(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("a").bound("b");
        datagrams.receive("receive", "b", 100);
        datagrams.sendTo("send", "a", datagrams.addressOf("b"), "hello");
        datagrams.complete("receive", "a");
        datagrams.sendTo("answer", "b", datagrams.addressOf("a"), "");
        datagrams.receive("receive of nothing", "a", 100);
        datagrams.complete("receive of nothing", "b");
        steps.poll(50);
    }

    static void order(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("a").bound("b");
        datagrams.receive("first", "b", 100);
        datagrams.receive("second", "b", 100);
        for (String text : new String[] { "one", "two", "three", "four" }) {
            datagrams.sendTo("send " + text, "a", datagrams.addressOf("b"), text);
        }
        datagrams.complete("first", "a");
        datagrams.complete("second", "a");
        datagrams.receive("third", "b", 100);
        datagrams.complete("third", "a");
        datagrams.receive("fourth", "b", 100);
        datagrams.complete("fourth", "a");
    }

    static void truncation(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("a").bound("b");
        datagrams.receive("posted", "b", 5);
        datagrams.sendTo("send", "a", datagrams.addressOf("b"), "0123456789");
        datagrams.complete("posted", "a");
        datagrams.sendTo("send again", "a", datagrams.addressOf("b"), "abcdefghij");
        datagrams.sendTo("send the next", "a", datagrams.addressOf("b"), "next");
        datagrams.receive("late", "b", 4);
        datagrams.complete("late", "a");
        datagrams.receive("exact", "b", 4);
        datagrams.complete("exact", "a");
        steps.poll(50);
    }

    static void unbound(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("b");
        datagrams.socket("a");
        steps.localName("a");
        steps.peerName("a");
        datagrams.receive("receive of an unbound socket", "a", 10);
        datagrams.send("send of an unconnected socket", "a", "x");
        datagrams.sendTo("send binds", "a", datagrams.addressOf("b"), "x");
        steps.localName("a");
        datagrams.receive("receive of a bound socket", "a", 10);
        datagrams.receive("receive", "b", 10);
        datagrams.complete("receive", "a");
        steps.cancel("receive of a bound socket", "a");
        steps.complete("receive of a bound socket");
        steps.bindLoopback("a");
    }

    static void connected(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("peer").bound("other");
        datagrams.socket("a");
        steps.bindAny("a");
        datagrams.addressOf("a");
        datagrams.connect("a", datagrams.addressOf("peer"));
        steps.localName("a");
        steps.peerName("a");
        datagrams.send("send", "a", "hello");
        datagrams.receive("receive of the peer", "peer", 100);
        datagrams.complete("receive of the peer", "a");
        datagrams.receive("receive", "a", 100);
        datagrams.sendTo("send of another", "other", datagrams.addressOf("a"), "not heard");
        datagrams.sendTo("send of the peer", "peer", datagrams.addressOf("a"), "heard");
        datagrams.complete("receive", "peer", "other");
        datagrams.connect("a", datagrams.addressOf("other"));
        datagrams.send("send to the other", "a", "hello too");
        datagrams.receive("receive of the other", "other", 100);
        datagrams.complete("receive of the other", "a");
        datagrams.disconnect("a");
        steps.peerName("a");
        datagrams.send("send of a disconnected socket", "a", "x");
        datagrams.disconnect("a");
    }

    static void refused(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("a").bound("b");
        datagrams.sendTo("send to no port", "a", steps.loopback(WinConst.AF_INET, 0), "x");
        datagrams.socket("c");
        datagrams.connect("c", steps.loopback(WinConst.AF_INET, 0));
        datagrams.sendTo("send to an address of the wrong family", "a", steps.loopback(WinConst.AF_INET6, 9), "x");
        datagrams.socket("d");
        datagrams.sendTo("broadcast", "d", address(steps, BROADCAST, 9), "x");
        datagrams.sendTo("send of too much", "a", datagrams.addressOf("b"), "x".repeat(65508));
        datagrams.sendTo("send of the most", "a", datagrams.addressOf("b"), "x".repeat(65507));
        datagrams.receive("receive with no room for an address", "a", 10, 4);
        steps.bindLoopback("a");
        steps.listen("a", 5);
    }

    static void unreachable(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("gone").bound("a");
        long gone = datagrams.addressOf("gone");
        steps.close("gone");
        datagrams.control("a", WinConst.SIO_UDP_CONNRESET, false);
        datagrams.receive("receive", "a", 100);
        datagrams.sendTo("send of an unconnected socket", "a", gone, "x");
        steps.poll(100);
        datagrams.connect("a", gone);
        datagrams.control("a", WinConst.SIO_UDP_CONNRESET, true);
        datagrams.send("send", "a", "x");
        steps.complete("receive");
    }

    static void cancelAndClose(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().bound("a").bound("b");
        datagrams.receive("first", "a", 100);
        datagrams.receive("second", "a", 100);
        steps.cancel("first", "a");
        steps.complete("first");
        datagrams.sendTo("send", "b", datagrams.addressOf("a"), "hello");
        datagrams.complete("second", "b");
        steps.cancel("second", "a");
        datagrams.receive("third", "a", 100);
        steps.close("a");
        steps.complete("third");
    }

    static void options(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().socket("a");
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_TYPE);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_BROADCAST);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_REUSEADDR);
        steps.get("a", WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_TTL);
        steps.get("a", WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_LOOP);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_BROADCAST, 1);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_BROADCAST);
        steps.set("a", WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_TTL, 7);
        steps.get("a", WinConst.IPPROTO_IP, WinConst.IP_MULTICAST_TTL);
        steps.set("a", WinConst.SOL_SOCKET, WinConst.SO_RCVBUF, 30000);
        steps.get("a", WinConst.SOL_SOCKET, WinConst.SO_RCVBUF);
        datagrams.control("a", WinConst.SIO_UDP_CONNRESET, false);
        datagrams.control("a", WinConst.SIO_UDP_NETRESET, false);
    }

    static void multicast(Win32Steps steps) {
        DatagramSteps datagrams = steps.datagrams().socket("a");
        steps.bindAny("a");
        datagrams.bound("b");
        long group = address(steps, GROUP, steps.localPort("a"));
        datagrams.membership("b", WinConst.IP_MULTICAST_IF, LOOPBACK);
        datagrams.receive("receive", "a", 100);
        datagrams.sendTo("send before", "b", group, "not heard");
        steps.poll(50);
        datagrams.membership("a", WinConst.IP_DROP_MEMBERSHIP, GROUP, LOOPBACK);
        datagrams.membership("a", WinConst.IP_ADD_MEMBERSHIP, GROUP, LOOPBACK);
        datagrams.sendTo("send", "b", group, "heard");
        datagrams.complete("receive", "b");
        datagrams.membership("a", WinConst.IP_BLOCK_SOURCE, GROUP, LOOPBACK, LOOPBACK);
        datagrams.sendTo("send of a blocked source", "b", group, "not heard");
        steps.poll(50);
        datagrams.membership("a", WinConst.IP_DROP_MEMBERSHIP, GROUP, LOOPBACK);
        datagrams.membership("a", WinConst.IP_ADD_SOURCE_MEMBERSHIP, GROUP, LOOPBACK, LOOPBACK);
        datagrams.sendTo("send of the source", "b", group, "heard again");
        datagrams.receive("receive of the source", "a", 100);
        datagrams.complete("receive of the source", "b");
        datagrams.membership("a", WinConst.IP_DROP_SOURCE_MEMBERSHIP, GROUP, LOOPBACK, LOOPBACK);
        datagrams.receive("receive of nothing", "a", 100);
        datagrams.sendTo("send after", "b", group, "not heard");
        steps.poll(100);
    }
}
