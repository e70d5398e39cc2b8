/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.examples;

import io.github.nettyiocp.IocpEventLoopGroup;
import io.github.nettyiocp.pipe.NamedPipeAddress;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A chat by a named pipe. Without arguments a server and its members run in one program and talk by a script; {@code
 * serve NAME} and {@code join NAME NICK} are for several consoles.
 */
public final class PipeChatExample {

    private PipeChatExample() {
    }

    /** Runs the script, or a server, or a member. */
    public static void main(String[] args) {
        ExampleRun.checkAvailable();
        EventLoopGroup group = new IocpEventLoopGroup();
        ExampleRun.run("Chat by a named pipe", () -> {
            if (args.length == 0) {
                runScript(group);
            } else if (args.length == 2 && args[0].equals("serve")) {
                Channel server = ChatServer.start(group, new NamedPipeAddress(args[1]));
                System.out.println("Listening on " + server.localAddress());
                server.closeFuture().sync();
            } else if (args.length == 3 && args[0].equals("join")) {
                talk(new ChatMember(group, new NamedPipeAddress(args[1]), args[2], System.out::println));
            } else {
                throw new IOException("arguments are: none, serve NAME, or join NAME NICK");
            }
        }, group);
    }

    /** Says what is typed, until the end of the input or of the chat. */
    private static void talk(ChatMember member) throws IOException {
        BufferedReader typed = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
        for (String line = typed.readLine(); line != null && member.isConnected(); line = typed.readLine()) {
            member.say(line);
        }
        member.leave();
    }

    private static void runScript(EventLoopGroup group) throws Exception {
        Channel server = ChatServer.start(group, NamedPipeAddress.random("netty-iocp-chat-"));
        System.out.println("Server:  " + server.localAddress() + '\n');
        Script script = new Script(group, (NamedPipeAddress) server.localAddress());

        script.joins("ann");
        script.joins("ben");
        script.says("ann", "is anybody here?");
        script.says("ben", "yes, at the other end of the pipe");
        script.joins("cem");
        script.says("cem", "and I at a third one");
        script.leaves("ben");
        script.says("ann", "then there are two of us");
        script.leaves("cem");
        script.leaves("ann");

        server.close().sync();
        System.out.println("\nAll members heard the same.");
    }

    /** Lets members act, and checks after each step that all who are there hear it. */
    private static final class Script {

        private static final int TIMEOUT_SECONDS = 20;

        private final EventLoopGroup group;
        private final NamedPipeAddress server;
        private final Map<String, ChatMember> members = new LinkedHashMap<>();
        private final Map<String, BlockingQueue<String>> heard = new HashMap<>();

        Script(EventLoopGroup group, NamedPipeAddress server) {
            this.group = group;
            this.server = server;
        }

        void joins(String nick) throws Exception {
            BlockingQueue<String> lines = new LinkedBlockingQueue<>();
            heard.put(nick, lines);
            members.put(nick, new ChatMember(group, server, nick, lines::add));
            allHear("* " + nick + " came");
        }

        void says(String nick, String text) throws Exception {
            members.get(nick).say(text);
            allHear(nick + ": " + text);
        }

        void leaves(String nick) throws Exception {
            members.remove(nick).leave();
            allHear("* " + nick + " went");
        }

        private void allHear(String expected) throws Exception {
            for (String nick : members.keySet()) {
                String line = heard.get(nick).poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                if (!expected.equals(line)) {
                    throw new IOException(nick + " should have heard \"" + expected + "\", but heard " + line);
                }
            }
            System.out.printf("  %-42s %s%n", expected,
                    members.isEmpty() ? "" : "(" + String.join(", ", members.keySet()) + ")");
        }
    }
}
