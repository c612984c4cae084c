// Starting a keeper whose zygote executes a program, and hearing how that program fared.
// Called by a driver's start, in a process that may have threads.

import CGantryProcess
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A program that makes the same driver as this one.
package struct Executable {
  package let path: String
  /// Without the zeros between them; bytes, since an argument need not be text.
  let arguments: [[UInt8]]
  /// The driver that is meant, and which of several that are equal by these words.
  package let wanted: String
  package let occurrence: Int

  /// This program, or the one at a path, with this process's arguments.
  package init(path: String?, wanted: String, occurrence: Int) {
    var arguments = ownArguments()
    if let path {
      arguments = [Array(path.utf8)] + arguments.dropFirst()
    }
    // The link leads to the very file this process runs, also where another has taken its name meanwhile.
    self.path = path ?? "/proc/self/exe"
    self.arguments = arguments
    self.wanted = wanted
    self.occurrence = occurrence
  }
}

/// How the start of a program ended.
package enum ProgramStart {
  case ready
  /// It could not be executed.
  case notExecuted(reason: String)
  /// It ended first; what it wrote on standard error, and what drivers it made.
  case ended(ContainerEnd, words: String, reports: String)
  /// It has not ended either.
  case late(words: String, reports: String)
  /// Nobody could say.
  case failed(reason: String)
}

extension Keeper {
  /// Starts a keeper and waits until its zygote, which executes the program, serves.
  ///
  /// Blocks for as long as the program takes to reach its driver, `patience` nanoseconds at most. Where the outcome is
  /// not `ready` there is nothing left to stop.
  package init(executing program: Executable, patience: UInt64, outcome: inout ProgramStart)
    throws(ProcessError)
  {
    self.init()
    let words = gantry_page_open()
    let reports = gantry_page_open()
    defer {
      for page in [words, reports] where page >= 0 { close(page) }
    }
    guard words >= 0, reports >= 0 else {
      throw ProcessError("a page for the program's words could not be made", min(words, reports))
    }
    let failure = withProgram(program, words: words, reports: reports) {
      gantry_keeper_start_program($0, &keeper)
    }
    guard failure == 0 else { throw ProcessError("a process could not be forked", failure) }
    outcome = awaitZygote(until: monotonicNow() &+ patience, words, reports)
    if case .ready = outcome { return }
    stop()
  }

  private mutating func awaitZygote(until end: UInt64, _ words: Int32, _ reports: Int32) -> ProgramStart {
    while true {
      var notice = gantry_notice()
      var descriptor: Int32 = -1
      // The zygote's own word first: its end is only told by the keeper.
      var heard = gantry_control_receive(keeper.zygote_socket, &notice, &descriptor)
      if heard != 1 { heard = gantry_control_receive(keeper.socket, &notice, &descriptor) }
      if heard == 1 {
        if descriptor >= 0 { close(descriptor) }
        switch notice.kind {
        case GANTRY_NOTICE_ZYGOTE_READY: return .ready
        case GANTRY_NOTICE_EXEC_FAILED:
          return .notExecuted(reason: String(cString: strerror(notice.status)))
        case GANTRY_NOTICE_ZYGOTE_EXITED:
          let status = notice.status
          // What it said last may have come between the two looks.
          if gantry_control_receive(keeper.zygote_socket, &notice, &descriptor) == 1,
            notice.kind == GANTRY_NOTICE_EXEC_FAILED
          {
            return .notExecuted(reason: String(cString: strerror(notice.status)))
          }
          let end = ContainerEnd(waitStatus: status)
          return .ended(end, words: text(of: words), reports: text(of: reports))
        case GANTRY_NOTICE_ZYGOTE_FAILED:
          return .failed(reason: "it could not be forked: \(String(cString: strerror(notice.status)))")
        default: continue
        }
      }
      if heard != 0 {
        return .failed(
          reason: "the process that was to start it ended, as it does with too few descriptors (ulimit -n)")
      }
      let now = monotonicNow()
      guard now < end else { return .late(words: text(of: words), reports: text(of: reports)) }
      // A zygote's closed socket stays readable until the keeper has told of its end: a pause, not a spin.
      var waits = [
        pollfd(fd: keeper.socket, events: Int16(POLLIN), revents: 0),
        pollfd(fd: keeper.zygote_socket, events: Int16(POLLIN), revents: 0),
      ]
      poll(&waits, 2, Int32(min(1000, (end - now) / 1_000_000 + 1)))
      if waits[1].revents & Int16(POLLHUP) != 0 { usleep(1000) }
    }
  }
}

private func withProgram<R>(
  _ program: Executable, words: Int32, reports: Int32, _ body: (UnsafePointer<gantry_program>) -> R
) -> R {
  let arguments = program.arguments.map { strdup(zeroEnded: $0) }
  defer { for argument in arguments { free(argument) } }
  let pointers: [UnsafePointer<CChar>?] = arguments.map { UnsafePointer($0) } + [nil]
  var wanted = program.wanted
  return wanted.withUTF8 { wanted in
    wanted.withMemoryRebound(to: CChar.self) { wanted in
      pointers.withUnsafeBufferPointer { pointers in
        program.path.withCString { path in
          guard let pointers = pointers.baseAddress else {
            fatalError("An array with an element has a base.")
          }
          var described = gantry_program(
            path: path, arguments: pointers, environment: nil, wanted: wanted.baseAddress ?? path,
            wanted_bytes: UInt32(wanted.count), occurrence: UInt32(program.occurrence), words: words,
            reports: reports)
          return body(&described)
        }
      }
    }
  }
}

private func strdup(zeroEnded bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
  (bytes + [0]).withUnsafeBufferPointer { bytes in
    bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { strdup($0) } }
  }
}

/// What this process was started with, name included.
private func ownArguments() -> [[UInt8]] {
  let file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return CommandLine.arguments.map { Array($0.utf8) } }
  defer { close(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 << 10)
  while true {
    let count = read(file, &buffer, buffer.count)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { break }
    bytes += buffer.prefix(count)
  }
  if bytes.last == 0 { bytes.removeLast() }
  return bytes.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
}

/// The last 64 KiB of what processes wrote into a page.
private func text(of page: Int32) -> String {
  var facts = stat()
  guard fstat(page, &facts) == 0 else { return "" }
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  let count = pread(page, &buffer, buffer.count, max(0, facts.st_size - buffer.count))
  return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
}
