-- Ask for one file after the other; each answer must be a whole file of one version.
-- The list has a line for each: its address, and its file in either version.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

local function content(name)
    local file = assert(io.open(name, "rb"))
    local bytes = file:read("*a")
    file:close()
    return bytes
end

function init(args)
    paths, known, place = {}, {}, 0
    first, second, either, wrong = 0, 0, 0, 0
    wrk.headers["Accept-Encoding"] = "br"
    for line in io.lines(args[1]) do
        local path, one, other = line:match("(%S+) (%S+) (%S+)")
        table.insert(paths, path)
        one, other = content(one), content(other)
        if one == other then
            known[one] = "either"
        else
            known[one], known[other] = "first", "second"
        end
    end
end

function request()
    place = place % #paths + 1
    return wrk.format("GET", paths[place])
end

function response(status, headers, body)
    local version = status == 200 and known[body] or "wrong"
    _G[version] = _G[version] + 1
end

function done(summary)
    local counts = summary.errors
    for _, name in ipairs({ "first", "second", "either", "wrong" }) do
        counts[name] = 0
        for _, thread in ipairs(threads) do
            counts[name] = counts[name] + thread:get(name)
        end
    end
    for name, count in pairs(counts) do
        print(name, count)
    end
end
