/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/**
 * Sizes and field offsets in bytes of the Windows structures that the transport reads and writes, for 64-bit Windows
 * (x64 and arm64 agree). Checked by a test against a golden file that a C program printed.
 */
public final class Layout {

    public static final int OVERLAPPED_SIZE = 32;
    public static final int OVERLAPPED_INTERNAL = 0;
    public static final int OVERLAPPED_INTERNAL_HIGH = 8;
    public static final int OVERLAPPED_OFFSET = 16;
    public static final int OVERLAPPED_OFFSET_HIGH = 20;
    public static final int OVERLAPPED_EVENT = 24;

    public static final int OVERLAPPED_ENTRY_SIZE = 32;
    public static final int OVERLAPPED_ENTRY_KEY = 0;
    public static final int OVERLAPPED_ENTRY_OVERLAPPED = 8;
    public static final int OVERLAPPED_ENTRY_INTERNAL = 16;
    public static final int OVERLAPPED_ENTRY_BYTES = 24;

    public static final int WSABUF_SIZE = 16;
    public static final int WSABUF_LEN = 0;
    public static final int WSABUF_BUF = 8;

    public static final int SOCKADDR_IN_SIZE = 16;
    public static final int SOCKADDR_IN6_SIZE = 28;
    public static final int SOCKADDR_FAMILY = 0;
    public static final int SOCKADDR_PORT = 2;
    public static final int SOCKADDR_IN_ADDR = 4;
    public static final int SOCKADDR_IN6_FLOWINFO = 4;
    public static final int SOCKADDR_IN6_ADDR = 8;
    public static final int SOCKADDR_IN6_SCOPE_ID = 24;
    public static final int SOCKADDR_STORAGE_SIZE = 128;
    /** What {@code AcceptEx} wants for each of its two addresses: the largest address and 16 bytes. */
    public static final int ACCEPT_ADDRESS_SIZE = SOCKADDR_STORAGE_SIZE + 16;

    public static final int IP_MREQ_SIZE = 8;
    public static final int IP_MREQ_MULTIADDR = 0;
    public static final int IP_MREQ_INTERFACE = 4;
    public static final int IP_MREQ_SOURCE_SIZE = 12;
    public static final int IP_MREQ_SOURCE_MULTIADDR = 0;
    public static final int IP_MREQ_SOURCE_SOURCEADDR = 4;
    public static final int IP_MREQ_SOURCE_INTERFACE = 8;
    public static final int IPV6_MREQ_SIZE = 20;
    public static final int IPV6_MREQ_MULTIADDR = 0;
    public static final int IPV6_MREQ_INTERFACE = 16;
    public static final int GROUP_SOURCE_REQ_SIZE = 264;
    public static final int GROUP_SOURCE_REQ_INTERFACE = 0;
    public static final int GROUP_SOURCE_REQ_GROUP = 8;
    public static final int GROUP_SOURCE_REQ_SOURCE = 136;

    public static final int LINGER_SIZE = 4;
    public static final int LINGER_ONOFF = 0;
    public static final int LINGER_SECONDS = 2;

    public static final int IO_STATUS_BLOCK_SIZE = 16;
    public static final int WSADATA_SIZE = 408;

    public static final int WSAPROTOCOL_INFOW_SIZE = 628;
    public static final int WSAPROTOCOL_INFOW_SERVICE_FLAGS1 = 0;
    public static final int WSAPROTOCOL_INFOW_CATALOG_ENTRY_ID = 36;
    public static final int WSAPROTOCOL_INFOW_CHAIN_LEN = 40;
    public static final int WSAPROTOCOL_INFOW_ADDRESS_FAMILY = 76;

    public static final int OSVERSIONINFOEXW_SIZE = 284;
    public static final int OSVERSIONINFOEXW_LENGTH = 0;
    public static final int OSVERSIONINFOEXW_MAJOR = 4;
    public static final int OSVERSIONINFOEXW_MINOR = 8;
    public static final int OSVERSIONINFOEXW_BUILD = 12;
    public static final int OSVERSIONINFOEXW_PRODUCT_TYPE = 282;

    public static final int TCP_INITIAL_RTO_PARAMETERS_SIZE = 4;
    public static final int TCP_INITIAL_RTO_PARAMETERS_RTT = 0;
    public static final int TCP_INITIAL_RTO_PARAMETERS_MAX_SYN = 2;

    public static final int GUID_SIZE = 16;
    public static final int GUID_DATA1 = 0;
    public static final int GUID_DATA2 = 4;
    public static final int GUID_DATA3 = 6;
    public static final int GUID_DATA4 = 8;

    public static final int SECURITY_ATTRIBUTES_SIZE = 24;
    public static final int SECURITY_ATTRIBUTES_LENGTH = 0;
    public static final int SECURITY_ATTRIBUTES_DESCRIPTOR = 8;
    public static final int SECURITY_ATTRIBUTES_INHERIT = 16;
    public static final int OBJECT_ATTRIBUTES_SIZE = 48;
    public static final int OBJECT_ATTRIBUTES_LENGTH = 0;
    public static final int OBJECT_ATTRIBUTES_ROOT_DIRECTORY = 8;
    public static final int OBJECT_ATTRIBUTES_OBJECT_NAME = 16;
    public static final int OBJECT_ATTRIBUTES_ATTRIBUTES = 24;
    public static final int OBJECT_ATTRIBUTES_SECURITY_DESCRIPTOR = 32;
    public static final int OBJECT_ATTRIBUTES_SECURITY_QUALITY_OF_SERVICE = 40;
    public static final int UNICODE_STRING_SIZE = 16;
    public static final int UNICODE_STRING_LENGTH = 0;
    public static final int UNICODE_STRING_MAXIMUM_LENGTH = 2;
    public static final int UNICODE_STRING_BUFFER = 8;
    public static final int TOKEN_GROUPS_COUNT = 0;
    public static final int TOKEN_GROUPS_GROUPS = 8;
    public static final int SID_AND_ATTRIBUTES_SIZE = 16;
    public static final int SID_AND_ATTRIBUTES_SID = 0;
    public static final int SID_AND_ATTRIBUTES_ATTRIBUTES = 8;
    /** Of a self-relative descriptor, in which the owner is an offset, {@code 0} for none. */
    public static final int SECURITY_DESCRIPTOR_CONTROL = 2;
    public static final int SECURITY_DESCRIPTOR_OWNER = 4;

    public static final int FILE_BASIC_INFORMATION_SIZE = 40;
    public static final int FILE_BASIC_INFORMATION_ATTRIBUTES = 32;
    public static final int FILE_STANDARD_INFORMATION_END_OF_FILE = 8;
    public static final int FILE_PIPE_LOCAL_INFORMATION_SIZE = 40;
    public static final int FILE_PIPE_LOCAL_INFORMATION_OUTBOUND_QUOTA = 24;
    public static final int FILE_PIPE_LOCAL_INFORMATION_WRITE_QUOTA = 28;

    public static final int STARTUPINFOEXW_SIZE = 112;
    public static final int STARTUPINFOEXW_FLAGS = 60;
    public static final int STARTUPINFOEXW_STDINPUT = 80;
    public static final int STARTUPINFOEXW_STDOUTPUT = 88;
    public static final int STARTUPINFOEXW_STDERROR = 96;
    public static final int STARTUPINFOEXW_ATTRIBUTE_LIST = 104;
    public static final int PROCESS_INFORMATION_SIZE = 24;
    public static final int PROCESS_INFORMATION_PROCESS = 0;
    public static final int PROCESS_INFORMATION_THREAD = 8;
    public static final int PROCESS_INFORMATION_PROCESS_ID = 16;
    public static final int JOB_LIMITS_SIZE = 144;
    public static final int JOB_LIMITS_PROCESS_TIME = 0;
    public static final int JOB_LIMITS_JOB_TIME = 8;
    public static final int JOB_LIMITS_FLAGS = 16;
    public static final int JOB_LIMITS_ACTIVE_PROCESSES = 40;
    public static final int JOB_LIMITS_PROCESS_MEMORY = 112;
    public static final int JOB_LIMITS_JOB_MEMORY = 120;
    public static final int JOB_LIMITS_PEAK_PROCESS_MEMORY = 128;
    public static final int JOB_LIMITS_PEAK_JOB_MEMORY = 136;
    public static final int JOB_ACCOUNTING_SIZE = 48;
    public static final int JOB_ACCOUNTING_USER_TIME = 0;
    public static final int JOB_ACCOUNTING_KERNEL_TIME = 8;
    public static final int JOB_ACCOUNTING_PROCESSES = 36;
    public static final int JOB_ACCOUNTING_ACTIVE = 40;
    public static final int JOB_ACCOUNTING_TERMINATED = 44;
    public static final int JOB_IO_ACCOUNTING_SIZE = 96;
    public static final int JOB_IO_ACCOUNTING_BYTES_READ = 72;
    public static final int JOB_IO_ACCOUNTING_BYTES_WRITTEN = 80;
    public static final int JOB_PROCESS_IDS_COUNT = 4;
    public static final int JOB_PROCESS_IDS = 8;
    public static final int JOB_PORT_SIZE = 16;
    public static final int JOB_PORT_KEY = 0;
    public static final int JOB_PORT_PORT = 8;
    public static final int FILE_NOTIFY_INFORMATION_NEXT_ENTRY_OFFSET = 0;
    public static final int FILE_NOTIFY_INFORMATION_ACTION = 4;
    public static final int FILE_NOTIFY_INFORMATION_FILE_NAME_LENGTH = 8;
    public static final int FILE_NOTIFY_INFORMATION_FILE_NAME = 12;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_CREATION_TIME = 8;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_LAST_MODIFICATION_TIME = 16;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_LAST_ACCESS_TIME = 32;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_FILE_SIZE = 48;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_FILE_ATTRIBUTES = 56;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_FILE_ID = 64;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_PARENT_FILE_ID = 72;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME_LENGTH = 80;
    public static final int FILE_NOTIFY_EXTENDED_INFORMATION_FILE_NAME = 84;

    public static final int FILE_STANDARD_INFORMATION_SIZE = 24;
    public static final int FILE_STANDARD_INFORMATION_DELETE_PENDING = 20;
    public static final int FILE_STANDARD_INFORMATION_DIRECTORY = 21;

    public static final int DCB_SIZE = 28;
    public static final int DCB_LENGTH = 0;
    public static final int DCB_BAUD_RATE = 4;
    public static final int DCB_FLAGS = 8;
    public static final int DCB_XON_LIM = 14;
    public static final int DCB_XOFF_LIM = 16;
    public static final int DCB_BYTE_SIZE = 18;
    public static final int DCB_PARITY = 19;
    public static final int DCB_STOP_BITS = 20;
    public static final int DCB_XON_CHAR = 21;
    public static final int DCB_XOFF_CHAR = 22;
    public static final int COMMTIMEOUTS_SIZE = 20;
    public static final int COMMTIMEOUTS_READ_INTERVAL_TIMEOUT = 0;

    private Layout() {
    }
}
