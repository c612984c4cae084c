// What scenarios need to know of processes: who descends from whom, what they hold, and other runs of this program.
// Reads /proc; no Foundation.

import Gantry
import Glibc

/// The text of a small file of /proc, or nil.
func readFile(_ path: String) -> String? {
  let fd = open(path, O_RDONLY | O_CLOEXEC)
  guard fd >= 0 else { return nil }
  defer { close(fd) }
  return readAll(fd)
}

/// Everything from a descriptor to its end.
func readAll(_ fd: Int32) -> String {
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(fd, &buffer, buffer.count)
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return String(decoding: text, as: UTF8.self) }
    text += buffer.prefix(count)
  }
}

/// The numbers among a directory's entries.
func numbers(in directory: String) -> [Int32] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var found: [Int32] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    if let number = Int32(name) { found.append(number) }
  }
  return found
}

/// One process as /proc shows it.
struct ProcessFacts {
  var pid: Int32
  var name: String
  var state: Character
  var parent: Int32

  init?(_ pid: Int32) {
    guard let text = readFile("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")"),
      let open = text.firstIndex(of: "(")
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 2, let state = fields[0].first, let parent = Int32(fields[1]) else { return nil }
    self.pid = pid
    name = String(text[text.index(after: open)..<close])
    self.state = state
    self.parent = parent
  }

  var isAlive: Bool { state != "Z" && state != "X" }
}

/// The processes that descend from one, zombies too.
func descendants(of root: Int32 = getpid()) -> [ProcessFacts] {
  let all = numbers(in: "/proc").compactMap { ProcessFacts($0) }
  var family: Set<Int32> = [root]
  var found: [ProcessFacts] = []
  var grew = true
  while grew {
    grew = false
    for one in all where family.contains(one.parent) && family.insert(one.pid).inserted {
      found.append(one)
      grew = true
    }
  }
  return found
}

/// The one descendant of this name.
func descendant(named name: String) -> Int32? {
  descendants().first { $0.name == name && $0.isAlive }?.pid
}

/// The zygote; one that was killed has a successor in a moment.
func livingZygote(line: Int = #line) async -> Int32 {
  var found: Int32?
  await eventually("there is a zygote", line: line) {
    found = descendant(named: "gantry-zygote")
    return found != nil
  }
  return found ?? 0
}

func isAlive(_ pid: Int32) -> Bool { ProcessFacts(pid)?.isAlive ?? false }

/// Waits until something holds, and fails where it does not within half a minute.
func eventually(_ what: String, line: Int = #line, _ condition: () throws -> Bool) async rethrows {
  for _ in 0..<3000 {
    if try condition() { return }
    try? await Task.sleep(nanoseconds: 10_000_000)
  }
  fail("line \(line): in half a minute it never happened that \(what)")
}

/// A directory of a scenario's own, for what its inputs leave behind; removed by `removeScratch`.
func makeScratch() -> String {
  var template = Array("/tmp/gantry-scenario-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { fail("no scratch directory could be made") }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func removeScratch(_ path: String) {
  if let stream = opendir(path) {
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      unlink("\(path)/\(name)")
    }
    closedir(stream)
  }
  rmdir(path)
}

/// Creates a file; false where it was there already.
func createFile(_ path: String) -> Bool {
  let fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  if fd >= 0 { close(fd) }
  return fd >= 0
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Writes a whole small file.
func writeFile(_ path: String, _ text: String) {
  let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  var text = text
  text.withUTF8 { _ = write(fd, $0.baseAddress, $0.count) }
  close(fd)
}

/// Sleeps so many milliseconds without the concurrency runtime.
func pauseThread(_ milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

/// Another program that was built beside this one.
func sibling(_ name: String) -> String? {
  var buffer = [CChar](repeating: 0, count: 4096)
  let count = readlink("/proc/self/exe", &buffer, buffer.count)
  let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  guard let slash = path.lastIndex(of: "/") else { return nil }
  let sibling = path[...slash] + name
  return access(String(sibling), X_OK) == 0 ? String(sibling) : nil
}

/// Another run of this program, as a child, known by a mark in the environment of all that descends from it.
struct Victim {
  let pid: Int32
  /// The reading ends of its standard output and error.
  let output: Int32
  let errors: Int32
  private let mark: String

  /// Starts a scenario of the groups of victims.
  init(_ name: String, program: String = "/proc/self/exe", arguments: [String]? = nil) {
    let group = [victims, conformanceVictims].first { $0.scenarios.contains { $0.name == name } } ?? victims
    guard let number = group.scenarios.firstIndex(where: { $0.name == name }) ?? (arguments == nil ? nil : 0)
    else { fail("there is no victim named \(name)") }
    var output: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard pipe(&output) == 0, pipe(&errors) == 0 else { fail("no pipe") }
    // Whatever ran this program may have left it descriptors, too: limits are to count the victim's own.
    for file in numbers(in: "/proc/self/fd") where file > 2 { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    mark = "GANTRY_VICTIM=\(getpid())-\(UInt64.random(in: 0 ... .max))"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output[1], 1)
    posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
    let words = arguments ?? ["EndToEndProgram", "run", group.name, "\(number)"]
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    pointers.append(nil)
    var environment: [UnsafeMutablePointer<CChar>?] = [
      strdup(mark), strdup("SWIFT_BACKTRACE=enable=no"),
    ]
    for variable in ["GANTRY_LOG_LEVEL", "GANTRY_TEST_RUN", "LD_LIBRARY_PATH", "PATH"] {
      if let value = getenv(variable) { environment.append(strdup("\(variable)=\(String(cString: value))")) }
    }
    environment.append(nil)
    var child: pid_t = 0
    let failure = posix_spawn(&child, program, &actions, nil, pointers, environment)
    posix_spawn_file_actions_destroy(&actions)
    for pointer in pointers + environment { free(pointer) }
    close(output[1])
    close(errors[1])
    guard failure == 0 else { fail("posix_spawn: \(failure)") }
    pid = child
    self.output = output[0]
    self.errors = errors[0]
  }

  /// The living processes that carry its mark.
  var survivors: [ProcessFacts] {
    numbers(in: "/proc").filter { pid in
      readFile("/proc/\(pid)/environ")?.split(separator: "\0").contains { $0 == mark } ?? false
    }.compactMap { ProcessFacts($0) }.filter { $0.isAlive }
  }

  /// Reads one line of its output.
  func readLine() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != 10 { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }

  /// Waits for its end and gives its wait status.
  func reap() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR { continue }
    return status
  }

  func closePipes() {
    close(output)
    close(errors)
  }
}

/// Whether the kernel's words for a file mean shared memory of the driver's, which has a name only where it cannot do
/// without.
func isOfGantry(_ file: some StringProtocol) -> Bool {
  file.contains("gantry") || file.contains("/dev/shm/#")
}
