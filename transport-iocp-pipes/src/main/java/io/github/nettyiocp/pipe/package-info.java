/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
/**
 * Named pipes as Netty channels.
 *
 * <p>What the defaults do against whom, and what they don't, is in {@code docs/pipe-security.md}.
 */
package io.github.nettyiocp.pipe;
