// A child process with its output in files without names: a survivor that holds them open delays nobody.
// Used by Scene only; reaps its own child and no other.

import Glibc

/// One started child, the leader of its own process group.
final class ChildRun {
  enum End: Equatable {
    case exited(Int32)
    case signaled(Int32)
    case hung
  }

  private(set) var pid: pid_t = 0
  private let outputFile: Int32
  private let errorFile: Int32

  /// Starts a program; nil where that fails.
  init?(_ path: String, _ arguments: [String], environment: [String] = []) {
    outputFile = unnamedFile()
    errorFile = unnamedFile()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputFile, 1)
    posix_spawn_file_actions_adddup2(&actions, errorFile, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The runner's threads block signals, and may ignore some: a program starts with neither.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawnattr_setpgroup(&attributes, 0)
    let failure = withCStrings([path] + arguments) { argv in
      withCStrings(environment + inheritedEnvironment()) { envp in
        posix_spawn(&pid, path, &actions, &attributes, argv, envp)
      }
    }
    if failure != 0 {
      errno = failure
      return nil
    }
  }

  deinit {
    close(outputFile)
    close(errorFile)
  }

  /// Waits for the end; kills the whole group when it takes longer.
  func wait(seconds: Int) -> End {
    var status: Int32 = 0
    for _ in 0..<(seconds * 200) {
      let reaped = waitpid(pid, &status, WNOHANG)
      if reaped == pid { return end(status) }
      usleep(5_000)
    }
    kill(-pid, SIGKILL)
    waitpid(pid, &status, 0)
    return .hung
  }

  private func end(_ status: Int32) -> End {
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .signaled(signal)
  }

  var output: String { contents(outputFile) }
  var errors: String { contents(errorFile) }

  /// The last 32 KiB of a file.
  private func contents(_ file: Int32) -> String {
    let size = lseek(file, 0, SEEK_END)
    var buffer = [UInt8](repeating: 0, count: min(32 << 10, max(0, size)))
    let start = size - buffer.count
    let count = buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, start) }
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}

private func unnamedFile() -> Int32 {
  var template = Array("/tmp/gantry-test-XXXXXX\0".utf8CString)
  let file = template.withUnsafeMutableBufferPointer { name -> Int32 in
    guard let base = name.baseAddress else { return -1 }
    let file = mkstemp(base)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    unlink(base)
    return file
  }
  return file
}

private func inheritedEnvironment() -> [String] {
  bytes(of: "/proc/self/environ").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { fatalError("An array with an element has a base address.") }
    return body(base)
  }
}
