// The processes behind a driver, its keeper and zygote: asks them for containers and hears what they report.
// Used under the driver's lock.

import CGantryProcess
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A call on processes that failed.
package struct ProcessError: Error, CustomStringConvertible {
  package let description: String

  init(_ what: String, _ result: Int32) {
    description = "\(what): \(String(cString: strerror(-result)))"
  }
}

/// The other end of a control socket is gone.
package struct PeerGone: Error {}

/// What keeper and zygote report.
package enum Notice: Sendable {
  /// A container runs; the caller owns the descriptor of its process, -1 where there were none left.
  case spawned(request: UInt64, pid: Int32, process: Int32)
  case spawnFailed(request: UInt64, reason: String)
  case exited(pid: Int32, ContainerEnd)
  /// Another zygote takes requests from now on.
  case zygoteStarted(number: UInt32)
  /// A zygote that executes a program has got as far as answering them.
  case zygoteReady
  case zygoteExited
  /// A zygote could not be forked; the keeper tries again.
  case zygoteFailed(reason: String)
}

/// How a container's process ended.
package enum ContainerEnd: Equatable, Sendable {
  case signal(Int32)
  case exit(Int32)
  /// Nobody could say.
  case lost

  init(waitStatus: Int32) {
    let signal = gantry_status_signal(waitStatus)
    self = signal != 0 ? .signal(signal) : .exit(gantry_status_code(waitStatus))
  }

  /// Whether it may have ended by being killed.
  package var isByKill: Bool { self == .signal(SIGKILL) || self == .lost }

  /// Whether what the container had finished may be believed: not after faults that may have written anywhere first.
  package var leavesMemorySound: Bool {
    switch self {
    case .signal(let number): ![SIGSEGV, SIGBUS, SIGABRT].contains(number)
    case .exit: true
    case .lost: false
    }
  }
}

/// What a container is started with.
package struct SpawnRequest {
  package var epoch: UInt64
  package var function: Int
  package var memoryLimit: Int?
  /// What it may not do; its descriptor follows all others.
  package var sandbox: SandboxRules?
  package var arenaBytes: UInt64
  package var ringBytes: UInt64
  /// Whether the container is to write `containerMark` on its standard error first.
  package var isMarked = false
  /// In test builds, the protocol step to die at and how many passes of it to survive.
  package var stepKill: (step: UInt64, nth: UInt64)
  /// Inputs it runs at a time.
  package var concurrency = 1

  package init(
    epoch: UInt64, function: Int, memoryLimit: Int?, arenaBytes: UInt64, ringBytes: UInt64,
    stepKill: (step: UInt64, nth: UInt64)
  ) {
    self.epoch = epoch
    self.function = function
    self.memoryLimit = memoryLimit
    self.arenaBytes = arenaBytes
    self.ringBytes = ringBytes
    self.stepKill = stepKill
  }
}

/// One driver's keeper, from its fork to its end.
package struct Keeper: ~Copyable {
  var keeper: gantry_keeper

  /// No processes at all: containers are threads of the driver's, or there are none.
  package init() {
    keeper = gantry_keeper()
    keeper.pidfd = -1
    keeper.socket = -1
    keeper.zygote_socket = -1
  }

  /// Forks the keeper, which forks the zygote.
  ///
  /// The process must have one thread.
  package init(functions: [ContainerFunction]) throws(ProcessError) {
    self.init()
    setZygoteFunctions(functions)
    letBarriersReachForks()
    let failure = gantry_keeper_start({ containerMain($0, $1, $2) }, &keeper)
    guard failure == 0 else { throw ProcessError("a process could not be forked", failure) }
  }

  /// The threads of this process; nil where /proc cannot be read.
  package static var threadCount: Int? {
    let count = gantry_thread_count()
    return count < 0 ? nil : Int(count)
  }

  /// A driver that did not come to be, or is gone, leaves no processes behind.
  deinit {
    var keeper = keeper
    _ = gantry_keeper_stop(&keeper, Keeper.patience)
  }

  /// Whether the descriptors are still this driver's: the program may have closed them.
  package var isReachable: Bool { withUnsafePointer(to: keeper) { gantry_keeper_is_reachable($0) } }

  package var keeperSocket: Int32 { keeper.socket }
  package var zygoteSocket: Int32 { keeper.zygote_socket }

  /// Asks for a container, whose descriptors are given in the order of `ContainerDescriptor`.
  package func request(_ request: SpawnRequest, _ descriptors: [Int32]) throws(ProcessError) {
    let descriptors = descriptors + (request.sandbox.map { [$0.descriptor] } ?? [])
    var spawn = gantry_spawn()
    spawn.request = request.epoch
    spawn.function_index = UInt32(request.function)
    spawn.flags = request.isMarked ? spawnFlagMarked : 0
    spawn.epoch = request.epoch
    spawn.memory_limit = UInt64(request.memoryLimit ?? 0)
    spawn.sandbox = UInt64(request.sandbox?.level ?? 0)
    spawn.arena_bytes = request.arenaBytes
    spawn.ring_bytes = request.ringBytes
    (spawn.detail.0, spawn.detail.1) = request.stepKill
    spawn.detail.2 = UInt64(request.concurrency)
    let failure = gantry_spawn_request(keeper.zygote_socket, &spawn, descriptors, Int32(descriptors.count))
    guard failure == 0 else { throw ProcessError("the zygote could not be asked for a container", failure) }
  }

  /// One notice of the keeper; nil: none now.
  package mutating func hearKeeper() throws(PeerGone) -> Notice? { try hear(keeper.socket) }

  /// One notice of the zygote; nil: none now.
  package mutating func hearZygote() throws(PeerGone) -> Notice? { try hear(keeper.zygote_socket) }

  private mutating func hear(_ socket: Int32) throws(PeerGone) -> Notice? {
    while true {
      var notice = gantry_notice()
      var descriptor: Int32 = -1
      switch gantry_control_receive(socket, &notice, &descriptor) {
      case 1: if let known = translate(notice, descriptor) { return known }
      case 0: return nil
      default: throw PeerGone()
      }
    }
  }

  private mutating func translate(_ notice: gantry_notice, _ descriptor: Int32) -> Notice? {
    switch notice.kind {
    case GANTRY_NOTICE_SPAWNED: return .spawned(request: notice.request, pid: notice.pid, process: descriptor)
    case GANTRY_NOTICE_SPAWN_FAILED:
      return .spawnFailed(request: notice.request, reason: String(cString: strerror(notice.status)))
    case GANTRY_NOTICE_EXITED: return .exited(pid: notice.pid, ContainerEnd(waitStatus: notice.status))
    case GANTRY_NOTICE_ZYGOTE_EXITED: return .zygoteExited
    case GANTRY_NOTICE_ZYGOTE_STARTED:
      keeper.zygote = notice.pid
      // The first zygote's socket was there from the beginning.
      guard descriptor >= 0 else { return nil }
      if keeper.zygote_socket >= 0 { close(keeper.zygote_socket) }
      keeper.zygote_socket = descriptor
      return .zygoteStarted(number: notice.zygote)
    case GANTRY_NOTICE_ZYGOTE_FAILED:
      return .zygoteFailed(reason: String(cString: strerror(notice.status)))
    case GANTRY_NOTICE_ZYGOTE_READY: return .zygoteReady
    default: return nil
    }
  }

  /// Has the keeper kill a zygote that no longer answers, and with it its containers; another takes its place.
  package func killZygote(number: UInt32) {
    _ = gantry_zygote_kill(keeper.socket, number)
    // Whoever stopped the one may have stopped the other.
    _ = gantry_pidfd_signal(keeper.pidfd, SIGCONT)
  }

  /// Kills a container, by the zygote where this process cannot: it has no descriptor of it, or may not signal it.
  package func killContainer(_ pid: Int32, _ process: Int32) {
    if process >= 0 {
      let failure = gantry_pidfd_signal(process, SIGKILL)
      if failure == 0 || failure == -ESRCH { return }
    }
    if pid > 0 { _ = gantry_container_kill(keeper.zygote_socket, pid) }
  }

  /// Ends keeper, zygote, and containers.
  ///
  /// Blocks until they are gone, at most some seconds.
  package mutating func stop() { _ = gantry_keeper_stop(&keeper, Keeper.patience) }

  /// How long keeper, zygote and containers may take to be gone, in milliseconds.
  private static let patience: Int32 = 2000
}

/// A pipe for a container's standard error: the driver's end does not block.
package func makePipe() throws(ProcessError) -> (reading: Int32, writing: Int32) {
  var ends: (Int32, Int32) = (-1, -1)
  let failure = withUnsafeMutableBytes(of: &ends) { raw in
    raw.bindMemory(to: Int32.self).baseAddress.map { gantry_pipe_create($0) } ?? -EFAULT
  }
  guard failure == 0 else { throw ProcessError("a pipe could not be made", failure) }
  return (ends.0, ends.1)
}

/// The processors this process may run on.
package func affineProcessors() -> Int { max(1, Int(gantry_processor_count())) }
