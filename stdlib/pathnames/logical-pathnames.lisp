(in-package "ROOK-KERNEL")

;;;; Logical pathnames: hosts, their translations, and the syntax HOST:DIRECTORY;NAME.TYPE.VERSION.

;;; Names of hosts to their translations: lists of two pathnames.
(defvar *logical-hosts* (make-hash-table :test 'equal))

(defun %logical-word-p (string)
  (and (plusp (length string))
       (every (lambda (char) (or (alphanumericp char) (eql char #\-))) string)))

(defun %host-prefix (string)
  ;; The logical host at the start of STRING, or NIL.
  (let ((colon (position #\: string)))
    (if colon
        (let ((host (string-upcase (subseq string 0 colon))))
          (if (nth-value 1 (gethash host *logical-hosts*)) host nil))
        nil)))

(defun %check-host (host)
  (unless (stringp host) (error 'type-error :datum host :expected-type 'string))
  (let ((host (string-upcase host)))
    (unless (nth-value 1 (gethash host *logical-hosts*))
      (error 'simple-type-error :datum host :expected-type 'string
                                :format-control "~S is not the name of a logical host."
                                :format-arguments (list host)))
    host))

(defun %logical-syntax-error (string)
  (error 'simple-parse-error :format-control "~S is not a logical pathname."
                             :format-arguments (list string)))

(defun %logical-component (text string)
  (let ((text (string-upcase text)))
    (cond ((string= text "*") :wild)
          ((string= text "**") :wild-inferiors)
          ((every (lambda (char) (or (alphanumericp char) (%memq char '(#\- #\* #\_)))) text) text)
          (t (%logical-syntax-error string)))))

(defun %parse-logical-namestring (string start host)
  (let* ((relative (and (< start (length string)) (eql (char string start) #\;)))
         (from (if relative (1+ start) start))
         (components '()))
    (do ((end (position #\; string :start from) (position #\; string :start from)))
        ((null end))
      (push (%logical-component (subseq string from end) string) components)
      (setq from (1+ end)))
    (let* ((file (subseq string from))
           (first-dot (position #\. file))
           (second-dot (if first-dot (position #\. file :start (1+ first-dot)) nil))
           (name (subseq file 0 first-dot))
           (version (if second-dot (string-upcase (subseq file (1+ second-dot))) nil)))
      (%make-pathname
       (cons (if relative :relative :absolute) (nreverse components))
       (if (string= name "") nil (%logical-component name string))
       (if first-dot (%logical-component (subseq file (1+ first-dot) second-dot) string) nil)
       (cond ((null version) nil)
             ((string= version "*") :wild)
             ((string= version "NEWEST") :newest)
             ((and (plusp (length version)) (every #'digit-char-p version)) (parse-integer version))
             (t (%logical-syntax-error string)))
       host))))

(defun %logical-directory-text (directory)
  (let ((parts (if (eq (first directory) :relative) (list ";") '())))
    (dolist (component (rest directory))
      (push (%component-text component) parts)
      (push ";" parts))
    (apply #'concatenate 'simple-string (nreverse parts))))

(defun %logical-file-text (pathname)
  (let ((type (%pathname-type pathname)) (version (%pathname-version pathname)))
    (concatenate 'simple-string
                 (%component-text (%pathname-name pathname))
                 (if type "." "") (%component-text type)
                 (if (and type version) "." "")
                 (cond ((not (and type version)) "")
                       ((integerp version) (%integer-text version 10))
                       ((eq version :wild) "*")
                       (t (string version))))))

(defun logical-pathname (pathspec)
  (let ((pathname (cond ((%logical-pathname-p pathspec) pathspec)
                        ((stringp pathspec)
                         (let ((host (%host-prefix pathspec)))
                           (if host (%parse-string pathspec host) nil)))
                        ((%file-stream-p pathspec) (pathname pathspec))
                        (t nil))))
    (if (%logical-pathname-p pathname)
        pathname
        (error 'simple-type-error :datum pathspec :expected-type 'logical-pathname
                                  :format-control "~S names no logical pathname."
                                  :format-arguments (list pathspec)))))

(defun logical-pathname-translations (host)
  (values (gethash (%check-host host) *logical-hosts*)))

(defun %set-logical-pathname-translations (host translations)
  (unless (and (stringp host) (%logical-word-p host))
    (error 'simple-type-error :datum host :expected-type 'string
                              :format-control "~S cannot be the name of a logical host."
                              :format-arguments (list host)))
  (let ((host (string-upcase host)))
    ;; The patterns may name the host.
    (unless (nth-value 1 (gethash host *logical-hosts*))
      (setf (gethash host *logical-hosts*) '()))
    (setf (gethash host *logical-hosts*)
          (mapcar (lambda (translation)
                    (list (if (stringp (first translation))
                              (%parse-string (first translation) host)
                              (first translation))
                          (pathname (second translation))))
                  translations))
    translations))
(defsetf logical-pathname-translations %set-logical-pathname-translations)

(defun load-logical-pathname-translations (host)
  (if (nth-value 1 (gethash (string-upcase host) *logical-hosts*))
      nil
      (error 'simple-file-error
             :pathname host
             :format-control "No file tells the translations of the logical host ~A."
             :format-arguments (list host))))

(defun translate-logical-pathname (pathname &key &allow-other-keys)
  (do ((pathname (pathname pathname))
       (steps 0 (1+ steps)))
      ((not (%logical-pathname-p pathname)) pathname)
    (let ((translation (find-if (lambda (translation) (pathname-match-p pathname (first translation)))
                                (gethash (%pathname-host pathname) *logical-hosts*))))
      (when (or (null translation) (> steps 100))
        (error 'simple-file-error :pathname pathname
                                  :format-control "There is no translation for ~S."
                                  :format-arguments (list pathname)))
      (setq pathname (translate-pathname pathname (first translation) (second translation))))))
