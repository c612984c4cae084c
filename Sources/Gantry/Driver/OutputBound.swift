// How large one output may become before only a container gone wild can have sent it: it is assembled from pieces in
// the driver's memory, which must not grow for as long as a container cares to send.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

extension Pool {
  /// The most bytes of one output.
  ///
  /// A container holds the whole of an output, encoded, in its private memory while it sends the pieces: no more than
  /// its limit allows, and no more than half of what there is, because the driver's copy needs the other half.
  var largestOutput: Int { min(options.memoryLimit ?? .max, machineMemory / 2) }
}

/// Bytes of memory that this process and its containers can have together: the machine's, or its control group's.
let machineMemory: Int = {
  let pages = sysconf(Int32(_SC_PHYS_PAGES))
  let page = sysconf(Int32(_SC_PAGESIZE))
  guard pages > 0, page > 0 else { return 1 << 40 }
  return min(pages * page, groupMemory ?? .max)
}()

/// What the control group allows, where it says so.
private var groupMemory: Int? {
  let fd = open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC)
  guard fd >= 0 else { return nil }
  defer { close(fd) }
  var text = [UInt8](repeating: 0, count: 32)
  let count = read(fd, &text, text.count)
  return Int(String(decoding: text.prefix(max(0, count)), as: UTF8.self).trimmingSpace())
}
