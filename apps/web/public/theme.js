// Sets theme and density before the first paint. A file of its own because the app allows no inline script.
;(function () {
  var root = document.documentElement
  var read = function (name, fallback) {
    try {
      return JSON.parse(localStorage.getItem('atrium.' + name)) || fallback
    } catch {
      return fallback
    }
  }
  var theme = read('theme', 'system')
  if (theme === 'system') theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  root.dataset.theme = theme
  root.dataset.density = read('density', 'comfortable')
})()
