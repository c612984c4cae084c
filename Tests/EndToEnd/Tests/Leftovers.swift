// What a run can leave behind, as the kernel lists it: processes by environment or group, names of shared memory.
// Reads /proc and /dev/shm; changes nothing.

import Glibc

/// Living or unreaped processes that a run started: by the marker in their environment, or by their process group.
func processes(marked marker: String, group: pid_t) -> [pid_t] {
  entries(of: "/proc").compactMap { pid_t($0) }.filter { pid in
    guard pid != getpid() else { return false }
    if processGroup(of: pid) == group { return true }
    let wanted = "GANTRY_TEST_RUN=\(marker)"
    return bytes(of: "/proc/\(pid)/environ").split(separator: 0).contains { $0.elementsEqual(wanted.utf8) }
  }
}

/// The names of Gantry's shared memory objects that exist now: other programs of the machine have theirs.
func sharedNames() -> Set<String> { Set(entries(of: "/dev/shm").filter { $0.hasPrefix("gantry") }) }

/// What a process was started as.
func commandLine(_ pid: pid_t) -> String {
  String(decoding: bytes(of: "/proc/\(pid)/cmdline").map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
}

/// The fifth field of `stat`; the second, a name in parentheses, may hold anything.
private func processGroup(of pid: pid_t) -> pid_t? {
  let stat = String(decoding: bytes(of: "/proc/\(pid)/stat"), as: UTF8.self)
  guard let name = stat.lastIndex(of: ")") else { return nil }
  let fields = stat[stat.index(after: name)...].split(separator: " ")
  return fields.count > 2 ? pid_t(fields[2]) : nil
}

private func entries(of directory: String) -> [String] {
  guard let stream = opendir(directory) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// A whole file; nothing where it cannot be read.
func bytes(of path: String) -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return [] }
  defer { close(file) }
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 16 << 10)
  while true {
    let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    guard count > 0 else { return all }
    all += buffer.prefix(count)
  }
}
