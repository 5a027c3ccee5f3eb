-- paths.lua - for wrk: asks for the paths given behind `--` in turn, instead of for one.
local requests, count, next = {}, 0, 0

function init(args)
  for _, path in ipairs(args) do
    count = count + 1
    requests[count] = wrk.format(nil, path)
  end
end

function request()
  next = next % count + 1
  return requests[next]
end
