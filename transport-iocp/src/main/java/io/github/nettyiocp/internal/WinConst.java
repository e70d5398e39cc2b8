/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.internal;

/** Numbers of the Windows headers that the transport passes or compares. Checked against the headers by a test. */
public final class WinConst {

    public static final long INVALID_HANDLE_VALUE = -1;
    public static final long INVALID_SOCKET = -1;
    public static final int INFINITE = -1;

    public static final int MEM_COMMIT = 0x1000;
    public static final int MEM_RESERVE = 0x2000;
    public static final int MEM_RELEASE = 0x8000;
    public static final int PAGE_READWRITE = 0x04;

    public static final int FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 1;
    public static final int FILE_SKIP_SET_EVENT_ON_HANDLE = 2;
    /** {@code FileAccessInformation} of {@code NtQueryInformationFile}. */
    public static final int FILE_ACCESS_INFORMATION = 8;
    /** {@code FileModeInformation} of {@code NtQueryInformationFile}. */
    public static final int FILE_MODE_INFORMATION = 16;
    public static final int FILE_SYNCHRONOUS_IO_ALERT = 0x10;
    public static final int FILE_SYNCHRONOUS_IO_NONALERT = 0x20;

    public static final int AF_INET = 2;
    public static final int AF_INET6 = 23;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int IPPROTO_IP = 0;
    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_UDP = 17;
    public static final int IPPROTO_IPV6 = 41;
    public static final int WSA_FLAG_OVERLAPPED = 0x01;
    public static final int WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
    public static final int SD_RECEIVE = 0;
    public static final int SD_SEND = 1;
    public static final int SD_BOTH = 2;
    public static final int SOMAXCONN = 0x7fffffff;

    public static final int SOL_SOCKET = 0xffff;
    public static final int SO_REUSEADDR = 0x0004;
    public static final int SO_KEEPALIVE = 0x0008;
    public static final int SO_BROADCAST = 0x0020;
    public static final int SO_LINGER = 0x0080;
    public static final int SO_OOBINLINE = 0x0100;
    public static final int SO_EXCLUSIVEADDRUSE = ~SO_REUSEADDR;
    public static final int SO_SNDBUF = 0x1001;
    public static final int SO_RCVBUF = 0x1002;
    public static final int SO_ERROR = 0x1007;
    public static final int SO_TYPE = 0x1008;
    public static final int SO_PROTOCOL_INFOW = 0x2005;
    public static final int SO_REUSE_UNICASTPORT = 0x3007;
    public static final int SO_UPDATE_ACCEPT_CONTEXT = 0x700B;
    public static final int SO_UPDATE_CONNECT_CONTEXT = 0x7010;
    public static final int TCP_NODELAY = 1;
    public static final int TCP_KEEPIDLE = 3;
    public static final int TCP_MAXRT = 5;
    public static final int TCP_FASTOPEN = 15;
    public static final int TCP_KEEPCNT = 16;
    public static final int TCP_KEEPINTVL = 17;
    public static final int IP_TOS = 3;
    public static final int IP_MULTICAST_IF = 9;
    public static final int IP_MULTICAST_TTL = 10;
    public static final int IP_MULTICAST_LOOP = 11;
    public static final int IP_ADD_MEMBERSHIP = 12;
    public static final int IP_DROP_MEMBERSHIP = 13;
    public static final int IP_DONTFRAGMENT = 14;
    public static final int IP_ADD_SOURCE_MEMBERSHIP = 15;
    public static final int IP_DROP_SOURCE_MEMBERSHIP = 16;
    public static final int IP_BLOCK_SOURCE = 17;
    public static final int IPV6_MULTICAST_IF = 9;
    public static final int IPV6_MULTICAST_HOPS = 10;
    public static final int IPV6_MULTICAST_LOOP = 11;
    public static final int IPV6_ADD_MEMBERSHIP = 12;
    public static final int IPV6_DROP_MEMBERSHIP = 13;
    public static final int IPV6_DONTFRAG = 14;
    public static final int IPV6_V6ONLY = 27;
    public static final int IPV6_TCLASS = 39;
    public static final int MCAST_BLOCK_SOURCE = 43;
    public static final int MCAST_JOIN_SOURCE_GROUP = 45;
    public static final int MCAST_LEAVE_SOURCE_GROUP = 46;
    public static final int XP1_IFS_HANDLES = 0x20000;

    public static final int SIO_GET_EXTENSION_FUNCTION_POINTER = 0xC8000006;
    public static final int SIO_UDP_CONNRESET = 0x9800000C;
    public static final int SIO_UDP_NETRESET = 0x9800000F;
    public static final int SIO_TCP_INITIAL_RTO = 0x98000011;
    /** {@code TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS}, a {@code UCHAR}. */
    public static final int TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS = 0xFE;
    /** {@code TCP_INITIAL_RTO_UNSPECIFIED_RTT}, a {@code USHORT}. */
    public static final int TCP_INITIAL_RTO_UNSPECIFIED_RTT = 0xFFFF;

    public static final int FORMAT_MESSAGE_FROM_SYSTEM = 0x1000;
    public static final int FORMAT_MESSAGE_IGNORE_INSERTS = 0x0200;
    /** {@code MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)}. */
    public static final int LANGUAGE_ENGLISH_US = 0x0409;
    /** The language of the user, of the system, or what there is. */
    public static final int LANGUAGE_NEUTRAL = 0;
    public static final int VER_NT_WORKSTATION = 1;

    public static final int WAIT_FAILED = -1;
    public static final int WAIT_OBJECT_0 = 0;
    public static final int MAXIMUM_WAIT_OBJECTS = 64;
    public static final int GENERIC_READ = 0x80000000;
    public static final int GENERIC_WRITE = 0x40000000;
    public static final int GENERIC_ALL = 0x10000000;
    public static final int FILE_READ_DATA = 1;
    public static final int FILE_WRITE_DATA = 2;
    public static final int FILE_CREATE_PIPE_INSTANCE = 4;
    public static final int FILE_READ_ATTRIBUTES = 0x80;
    public static final int FILE_WRITE_ATTRIBUTES = 0x100;
    public static final int SYNCHRONIZE = 0x100000;
    public static final int READ_CONTROL = 0x20000;
    public static final int WRITE_DAC = 0x40000;
    public static final int WRITE_OWNER = 0x80000;
    public static final int ACCESS_SYSTEM_SECURITY = 0x1000000;
    public static final int MAXIMUM_ALLOWED = 0x2000000;
    public static final int FILE_SHARE_READ = 1;
    public static final int FILE_SHARE_WRITE = 2;
    public static final int FILE_SHARE_DELETE = 4;
    public static final int CREATE_NEW = 1;
    public static final int CREATE_ALWAYS = 2;
    public static final int OPEN_EXISTING = 3;
    public static final int OPEN_ALWAYS = 4;
    public static final int TRUNCATE_EXISTING = 5;
    public static final int FILE_ATTRIBUTE_NORMAL = 0x80;
    public static final int FILE_FLAG_OVERLAPPED = 0x40000000;
    public static final int FILE_FLAG_FIRST_PIPE_INSTANCE = 0x80000;
    public static final int FILE_FLAG_WRITE_THROUGH = 0x80000000;
    public static final int SECURITY_SQOS_PRESENT = 0x100000;
    public static final int SECURITY_ANONYMOUS = 0;
    public static final int SECURITY_IDENTIFICATION = 0x10000;
    public static final int SECURITY_IMPERSONATION = 0x20000;
    public static final int SECURITY_DELEGATION = 0x30000;
    public static final int SECURITY_EFFECTIVE_ONLY = 0x80000;
    public static final int SECURITY_CONTEXT_TRACKING = 0x40000;
    public static final int FILE_FLAG_DELETE_ON_CLOSE = 0x04000000;
    public static final int FILE_ATTRIBUTE_COMPRESSED = 0x800;
    public static final int FILE_ATTRIBUTE_ENCRYPTED = 0x4000;
    public static final int FSCTL_SET_SPARSE = 0x900C4;
    public static final int LOCKFILE_FAIL_IMMEDIATELY = 1;
    public static final int LOCKFILE_EXCLUSIVE_LOCK = 2;
    /** Of {@code SetFileInformationByHandle}. */
    public static final int FILE_END_OF_FILE_INFO = 6;
    /** Of {@code NtQueryInformationFile}. */
    public static final int FILE_BASIC_INFORMATION = 4;
    public static final int FILE_TYPE_UNKNOWN = 0;
    public static final int FILE_TYPE_DISK = 1;
    public static final int FILE_TYPE_CHAR = 2;
    public static final int FILE_TYPE_PIPE = 3;
    public static final int HANDLE_FLAG_INHERIT = 1;
    public static final int DUPLICATE_SAME_ACCESS = 2;
    public static final int DUPLICATE_CLOSE_SOURCE = 1;
    public static final int THREAD_TERMINATE = 1;
    public static final int PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
    public static final int PIPE_ACCESS_INBOUND = 1;
    public static final int PIPE_ACCESS_OUTBOUND = 2;
    public static final int PIPE_ACCESS_DUPLEX = 3;
    public static final int PIPE_TYPE_BYTE = 0;
    public static final int PIPE_TYPE_MESSAGE = 4;
    public static final int PIPE_READMODE_BYTE = 0;
    public static final int PIPE_READMODE_MESSAGE = 2;
    public static final int PIPE_WAIT = 0;
    public static final int PIPE_ACCEPT_REMOTE_CLIENTS = 0;
    public static final int PIPE_REJECT_REMOTE_CLIENTS = 8;
    public static final int PIPE_UNLIMITED_INSTANCES = 255;
    public static final int PIPE_SERVER_END = 1;
    public static final int PIPE_CLIENT_END = 0;
    public static final int FILE_CREATE = 2;
    public static final int FILE_OPEN = 1;
    public static final int FILE_OPEN_IF = 3;
    public static final int FILE_NON_DIRECTORY_FILE = 0x40;
    public static final int OBJ_CASE_INSENSITIVE = 0x40;
    public static final int OBJ_INHERIT = 2;
    public static final int SE_KERNEL_OBJECT = 6;
    public static final int SE_FILE_OBJECT = 1;
    public static final int OWNER_SECURITY_INFORMATION = 1;
    public static final int GROUP_SECURITY_INFORMATION = 2;
    public static final int DACL_SECURITY_INFORMATION = 4;
    public static final int SDDL_REVISION_1 = 1;
    public static final int TOKEN_QUERY = 8;
    public static final int FILE_PIPE_LOCAL_INFORMATION = 24;
    public static final int TOKEN_USER_CLASS = 1;
    public static final int TOKEN_GROUPS_CLASS = 2;
    public static final int TOKEN_LOGON_SID_CLASS = 28;
    public static final int TOKEN_SESSION_ID_CLASS = 12;
    public static final int TOKEN_IMPERSONATION_LEVEL_CLASS = 9;
    /** {@code GetCurrentProcess()}, a handle that needs no close. */
    public static final long CURRENT_PROCESS = -1;
    /** {@code GetCurrentThread()}, a handle that needs no close. */
    public static final long CURRENT_THREAD = -2;
    public static final int SE_DACL_PRESENT = 4;

    public static final int MAX_PATH = 260;
    public static final int FILE_LIST_DIRECTORY = 1;
    public static final int FILE_FLAG_BACKUP_SEMANTICS = 0x02000000;
    public static final int FILE_STANDARD_INFORMATION = 5;
    public static final int FILE_ACTION_ADDED = 1;
    public static final int FILE_ACTION_REMOVED = 2;
    public static final int FILE_ACTION_MODIFIED = 3;
    public static final int FILE_ACTION_RENAMED_OLD_NAME = 4;
    public static final int FILE_ACTION_RENAMED_NEW_NAME = 5;
    public static final int READ_DIRECTORY_NOTIFY_EXTENDED_INFORMATION = 2;
    public static final int FILE_ATTRIBUTE_DIRECTORY = 0x10;

    /** For {@code NtCreateNamedPipeFile}: type, read mode and completion mode. */
    public static final int FILE_PIPE_MESSAGE_TYPE = 1;
    public static final int FILE_PIPE_REJECT_REMOTE_CLIENTS = 2;
    public static final int FILE_PIPE_MESSAGE_MODE = 1;
    public static final int FILE_PIPE_QUEUE_OPERATION = 0;

    /** For {@code CreateProcessW}. */
    public static final int CREATE_SUSPENDED = 4;
    public static final int CREATE_UNICODE_ENVIRONMENT = 0x400;
    public static final int EXTENDED_STARTUPINFO_PRESENT = 0x80000;
    public static final int CREATE_NO_WINDOW = 0x8000000;
    public static final int STARTF_USESTDHANDLES = 0x100;
    public static final int PROC_THREAD_ATTRIBUTE_HANDLE_LIST = 0x20002;
    public static final int PROC_THREAD_ATTRIBUTE_JOB_LIST = 0x2000D;
    public static final int PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE = 0x20016;
    public static final int STD_INPUT_HANDLE = -10;
    public static final int STD_OUTPUT_HANDLE = -11;
    public static final int STD_ERROR_HANDLE = -12;
    public static final int PROCESS_TERMINATE = 1;
    public static final int PROCESS_SET_QUOTA = 0x100;
    public static final int FILE_APPEND_DATA = 4;
    public static final int INVALID_FILE_ATTRIBUTES = -1;

    /** Job objects: classes of information, limits, messages. */
    public static final int JOB_OBJECT_BASIC_ACCOUNTING_INFORMATION = 1;
    public static final int JOB_OBJECT_BASIC_PROCESS_ID_LIST = 3;
    public static final int JOB_OBJECT_ASSOCIATE_COMPLETION_PORT_INFORMATION = 7;
    public static final int JOB_OBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION = 8;
    public static final int JOB_OBJECT_EXTENDED_LIMIT_INFORMATION = 9;
    public static final int JOB_OBJECT_LIMIT_PROCESS_TIME = 0x2;
    public static final int JOB_OBJECT_LIMIT_JOB_TIME = 0x4;
    public static final int JOB_OBJECT_LIMIT_ACTIVE_PROCESS = 0x8;
    public static final int JOB_OBJECT_LIMIT_PROCESS_MEMORY = 0x100;
    public static final int JOB_OBJECT_LIMIT_JOB_MEMORY = 0x200;
    public static final int JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION = 0x400;
    public static final int JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x800;
    public static final int JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK = 0x1000;
    public static final int JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;
    public static final int JOB_OBJECT_MSG_END_OF_JOB_TIME = 1;
    public static final int JOB_OBJECT_MSG_END_OF_PROCESS_TIME = 2;
    public static final int JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT = 3;
    public static final int JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO = 4;
    public static final int JOB_OBJECT_MSG_NEW_PROCESS = 6;
    public static final int JOB_OBJECT_MSG_EXIT_PROCESS = 7;
    public static final int JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS = 8;
    public static final int JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT = 9;
    public static final int JOB_OBJECT_MSG_JOB_MEMORY_LIMIT = 10;

    /** GUIDs of the functions that {@link #SIO_GET_EXTENSION_FUNCTION_POINTER} finds. */
    public static final String WSAID_ACCEPTEX = "b5367df1-cbac-11cf-95ca-00805f48a192";
    public static final String WSAID_CONNECTEX = "25a207b9-ddf3-4660-8ee9-76e58c74063e";
    public static final String WSAID_GETACCEPTEXSOCKADDRS = "b5367df2-cbac-11cf-95ca-00805f48a192";
    public static final String WSAID_TRANSMITFILE = "b5367df0-cbac-11cf-95ca-00805f48a192";

    private WinConst() {
    }
}
