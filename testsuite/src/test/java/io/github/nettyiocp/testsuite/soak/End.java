/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.soak;

import io.github.nettyiocp.pipe.NamedPipeChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;

import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** One end of a {@link Link}: does something unexpected now and then, and checks what must hold all the same. */
abstract class End extends ChannelInboundHandlerAdapter {

    private static final int STORY_LENGTH = 400;

    final Era era;
    final SplittableRandom dice;
    final boolean iocp;
    private final boolean slow;
    private final boolean restless;
    ChannelHandlerContext context;
    private final StringBuilder story = new StringBuilder();
    private boolean registered;
    private int active;
    private int inactive;
    private boolean rereading;
    private boolean forced;
    private boolean deregistering;
    /** Something ended it early: our own doing, an error, or a write that failed. */
    volatile boolean disturbed;
    volatile boolean over;
    private int writing;
    volatile long received;

    End(Era era, long seed, boolean iocp) {
        this.era = era;
        this.iocp = iocp;
        dice = new SplittableRandom(seed);
        slow = dice.nextInt(12) == 0;
        restless = dice.nextInt(4) == 0;
    }

    abstract void take(ByteBuf buffer);

    abstract String name();

    final void fail(String what) {
        era.tally.fail(what + ": " + name() + " of " + era + ", what it saw: " + story);
        disturbed = true;
    }

    /** Adds to what is told of an end that failed: events and what it did itself. */
    final void note(String what) {
        synchronized (story) {
            if (story.length() > STORY_LENGTH) {
                story.delete(0, story.length() / 2);
            }
            story.append(' ').append(what);
        }
    }

    final boolean chance(int oneIn) {
        return dice.nextInt(oneIn) == 0;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        Channel channel = ctx.channel();
        if (slow) {
            channel.config().setAutoRead(false);
        }
        era.open.incrementAndGet();
        channel.closeFuture().addListener(future -> {
            over = true;
            note("closed");
            // Netty tells channelInactive to no channel that is closed between its deregistration and the next
            // registration: CloseAroundDeregistrationOnWindowsTest.
            forced |= deregistering;
            era.open.decrementAndGet();
        });
    }

    @Override
    public void channelRegistered(ChannelHandlerContext ctx) {
        note("registered");
        if (registered) {
            fail("registered twice");
        }
        registered = true;
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext ctx) {
        note("unregistered");
        if (!registered) {
            fail("unregistered twice");
        }
        registered = false;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        note("active");
        if (++active > 1 || inactive > 0) {
            fail("active " + active + " times");
        }
        if (slow) {
            readLater();
        }
        started();
    }

    void started() {
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        note("inactive");
        if (++inactive > active) {
            fail("inactive " + inactive + " times, active " + active + " times");
        }
    }

    private void readLater() {
        schedule(() -> {
            context.read();
            readLater();
        }, 1 + dice.nextInt(20));
    }

    /** Runs a task on the loop if the channel is still open then. */
    final void schedule(Runnable task, int millis) {
        try {
            context.channel().eventLoop().schedule(() -> {
                if (context.channel().isOpen()) {
                    task.run();
                }
            }, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException ended) {
            disturbed = true;
        }
    }

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        if (inactive > 0 || active == 0) {
            fail("data of an inactive channel");
        }
        if (!buffer.isReadable()) {
            fail("an empty buffer was read");
        }
        era.tally.bytes.add(buffer.readableBytes());
        take(buffer);
        misbehave();
    }

    private void misbehave() {
        if (!restless || era.calm) {
            return;
        }
        int what = dice.nextInt(150);
        if (what < 8) {
            toggle();
        } else if (what < 11) {
            reregister();
        } else if (what < 18) {
            // With a receive posted, and data on its way.
            schedule(this::reregister, dice.nextInt(4));
        } else if (what == 18) {
            end(false);
        } else if (what == 19) {
            end(true);
        } else if (what == 20) {
            closeForcibly();
        } else if (what == 21) {
            disturbed = true;
            throw new IllegalStateException("thrown by a handler on purpose");
        }
    }

    private void toggle() {
        if (!slow && !rereading) {
            rereading = true;
            context.channel().config().setAutoRead(false);
            schedule(() -> {
                rereading = false;
                resumeReading();
            }, dice.nextInt(10));
        }
    }

    /** Switches autoRead on again unless something else wants it off. */
    void resumeReading() {
        if (!slow && !rereading) {
            context.channel().config().setAutoRead(true);
        }
    }

    private void reregister() {
        if (!iocp) {
            return;
        }
        Channel channel = context.channel();
        EventLoop loop = channel.eventLoop();
        note("deregister");
        deregistering = true;
        channel.deregister().addListener(future -> {
            note("deregistered");
            if (future.isSuccess() && channel.isOpen()) {
                era.tally.reregistered.increment();
                ChannelFuture again = loop.register(channel);
                again.addListener(done -> {
                    note("again " + done.cause());
                    if (done.isSuccess()) {
                        deregistering = false;
                    } else {
                        // A loop that ends refuses it, and Netty closes the channel without telling its handlers.
                        disturbed = true;
                        forced = true;
                    }
                });
            }
        });
    }

    /** Ends the connection before its time. */
    final void end(boolean reset) {
        note(reset ? "reset" : "close");
        disturbed = true;
        if (reset) {
            reset();
        } else {
            context.close();
        }
    }

    /** Netty's close for the case that nobody is to be told, and a proper one some time after that. */
    final void closeForcibly() {
        note("closeForcibly");
        disturbed = true;
        forced = true;
        context.channel().unsafe().closeForcibly();
        try {
            context.executor().schedule(() -> context.close(), dice.nextInt(20), TimeUnit.MILLISECONDS)
                    .addListener(done -> {
                        if (done.isCancelled()) {
                            // The loop ends before.
                            context.close();
                        }
                    });
        } catch (RejectedExecutionException ended) {
            context.close();
        }
    }

    final void reset() {
        if (context.channel() instanceof NamedPipeChannel) {
            ((NamedPipeChannel) context.channel()).abort();
            return;
        }
        try {
            context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        } catch (RuntimeException closed) {
            disturbed = true;
        }
        context.close();
    }

    /** Writes, and sees that the promise completes once. */
    final ChannelFuture write(ByteBuf buffer) {
        era.tally.writes.increment();
        writing++;
        return context.write(buffer).addListener(new ChannelFutureListener() {
            private boolean told;

            @Override
            public void operationComplete(ChannelFuture future) {
                if (told) {
                    fail("a promise completed twice");
                }
                told = true;
                writing--;
                if (!future.isSuccess()) {
                    disturbed = true;
                    era.tally.failedWrites.increment();
                }
            }
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        note(cause.toString());
        disturbed = true;
        if (cause instanceof Error) {
            fail("exceptionCaught: " + cause);
        }
        ctx.close();
    }

    /** Checks that the end was told in full. Called when the loop has ended or all is over. */
    final void checkEnded(boolean told) {
        if (!over) {
            fail("still open, " + context.channel());
        } else if (told && writing != 0) {
            fail(writing + " promises of writes never completed");
        } else if (told && !forced && active != inactive) {
            fail("active " + active + " times and inactive " + inactive + " times");
        } else if (told && registered) {
            fail("never unregistered");
        }
    }
}
