(in-package "ROOK-KERNEL")

;;;; Pathnames: instances with directory, name, type, version and host. Physical ones are in Unix
;;;; syntax, without host and device; the host of a logical one is a string in upper case.

(%install-layout 'pathname
                 (%make-layout 'pathname (list (%find-layout 't)) :built-in 5 (vector)))
(%install-layout 'logical-pathname
                 (%make-layout 'logical-pathname (list (%find-layout 'pathname)) :built-in 5 (vector)))

(defvar *pathname-layout* (%find-layout 'pathname))
(defvar *logical-pathname-layout* (%find-layout 'logical-pathname))

(defmacro %pathname-directory (pathname) `(%instance-ref ,pathname 1))
(defmacro %pathname-name (pathname) `(%instance-ref ,pathname 2))
(defmacro %pathname-type (pathname) `(%instance-ref ,pathname 3))
(defmacro %pathname-version (pathname) `(%instance-ref ,pathname 4))
(defmacro %pathname-host (pathname) `(%instance-ref ,pathname 5))

(defun %make-pathname (directory name type version &optional host)
  (let ((pathname (%allocate-instance (if host *logical-pathname-layout* *pathname-layout*) 5)))
    (%set-instance-ref pathname 1 directory)
    (%set-instance-ref pathname 2 name)
    (%set-instance-ref pathname 3 type)
    (%set-instance-ref pathname 4 version)
    (%set-instance-ref pathname 5 host)
    pathname))

(defun %logical-pathname-p (object)
  (eq (%layout-of object) *logical-pathname-layout*))

(defun pathnamep (object)
  (or (eq (%layout-of object) *pathname-layout*)
      (%logical-pathname-p object)))

(defvar *default-pathname-defaults* (%make-pathname nil nil nil nil))

;;; Parsing. A directory is NIL or a list that begins with :ABSOLUTE or :RELATIVE.

(defun %component (text)
  ;; A component as the standard represents it.
  (if (string= text "*") :wild text))

(defun %directory-component (text)
  (cond ((string= text "*") :wild)
        ((string= text "**") :wild-inferiors)
        ((string= text "..") :up)
        (t text)))

(defun %split-directory (text)
  ;; The list for TEXT, which is empty or ends in a slash.
  (if (string= text "")
      nil
      (let ((components '())
            (start (if (eql (char text 0) #\/) 1 0)))
        (do ((end (position #\/ text :start start) (position #\/ text :start start)))
            ((null end))
          (let ((component (subseq text start end)))
            (unless (or (string= component "") (string= component "."))
              (push (%directory-component component) components)))
          (setq start (1+ end)))
        (cons (if (eql (char text 0) #\/) :absolute :relative)
              (nreverse components)))))

(defun %parse-native-namestring (text)
  (let* ((slash (position #\/ text :from-end t))
         (file (if slash (subseq text (1+ slash)) text))
         (dot (position #\. file :from-end t)))
    ;; A dot in front belongs to the name.
    (when (eql dot 0) (setq dot nil))
    (when (or (string= file "..") (string= file "."))
      (setq dot nil))
    (%make-pathname (%split-directory (if slash (subseq text 0 (1+ slash)) ""))
                    (if (string= file "") nil (%component (if dot (subseq file 0 dot) file)))
                    (if dot (%component (subseq file (1+ dot))) nil)
                    nil)))

(defun %parse-string (string host)
  ;; The pathname that STRING names; HOST, when not NIL, is the logical host it belongs to.
  (let ((prefix (%host-prefix string)))
    (cond ((and prefix host (not (string= prefix host)))
           (error 'simple-type-error
                  :datum string :expected-type 'string
                  :format-control "The host of ~S is not ~A."
                  :format-arguments (list string host)))
          (prefix (%parse-logical-namestring string (1+ (length prefix)) prefix))
          (host (%parse-logical-namestring string 0 host))
          (t (%parse-native-namestring string)))))

(defun parse-namestring (thing &optional host (default-pathname *default-pathname-defaults*)
                         &key (start 0) end junk-allowed)
  (declare (ignore junk-allowed))
  (when (streamp thing) (setq thing (pathname thing)))
  (cond ((stringp thing)
         (let ((end (or end (length thing))))
           (values (%parse-string (subseq thing start end)
                                  (if host
                                      (%check-host host)
                                      (%pathname-host (pathname default-pathname))))
                   end)))
        (t
         (let ((pathname (pathname thing)))
           (when (and host (not (equal (%check-host host) (%pathname-host pathname))))
             (error 'simple-type-error
                    :datum thing :expected-type 'pathname
                    :format-control "The host of ~S is not ~A."
                    :format-arguments (list thing host)))
           (values pathname start)))))

(defun %file-stream-name (stream)
  ;; The pathname of a stream that OPEN made.
  (let ((stream (if (eq (%composite-type stream) :synonym) (%input-target stream) stream)))
    (if (and (%native-p stream) (not (eq (%stream-slot stream +stream-handle+) t)))
        (%stream-slot stream +composite-type+)
        nil)))

(defun pathname (designator)
  (cond ((pathnamep designator) designator)
        ((stringp designator)
         (%parse-string designator (%pathname-host *default-pathname-defaults*)))
        ((and (%stream-object-p designator) (%file-stream-name designator)))
        (t (error 'type-error :datum designator :expected-type '(or string pathname file-stream)))))

;;; Reading from `#P`.
(defun %pathname-from-reader (text)
  (pathname text))

(defun %common-case (component)
  ;; Between local and common case: what is all in one case changes, the rest does not.
  (cond ((consp component) (mapcar #'%common-case component))
        ((not (stringp component)) component)
        ((notany #'lower-case-p component) (string-downcase component))
        ((notany #'upper-case-p component) (string-upcase component))
        (t component)))

(defun make-pathname (&key (host nil host-p) device (directory nil directory-p) (name nil name-p)
                           (type nil type-p) (version nil version-p)
                           (defaults nil defaults-p) (case :local))
  (declare (ignore device))
  (let* ((defaults (if defaults-p (pathname defaults) nil))
         (host (cond (host-p (if host (%check-host host) nil))
                     (defaults (%pathname-host defaults))
                     (t (%pathname-host *default-pathname-defaults*)))))
    (labels ((in-case (component)
               (cond (host (if (stringp component) (string-upcase component) component))
                     ((eq case :common) (%common-case component))
                     (t component)))
             (given-or-default (value supplied default)
               (cond (supplied (in-case (%normal-component value)))
                     (defaults default)
                     (t nil))))
      (let ((directory (cond ((not directory-p) (and defaults (%pathname-directory defaults)))
                             ((stringp directory) (list :absolute directory))
                             ((eq directory :wild) (list :absolute :wild-inferiors))
                             ((listp directory) directory)
                             (t (error 'type-error :datum directory
                                                   :expected-type '(or list string (eql :wild)))))))
        (%make-pathname
         (if directory-p (mapcar #'in-case (%normal-directory directory)) directory)
         (given-or-default name name-p (and defaults (%pathname-name defaults)))
         (given-or-default type type-p (and defaults (%pathname-type defaults)))
         (given-or-default version version-p (and defaults (%pathname-version defaults)))
         host)))))

(defun %normal-component (component)
  (if (stringp component) (%component component) component))

(defun %normal-directory (directory)
  ;; DIRECTORY with "*" and the like as keywords.
  (if (consp directory)
      (cons (first directory)
            (mapcar (lambda (part)
                      (cond ((stringp part) (%directory-component part))
                            ((eq part :back) :up)
                            (t part)))
                    (rest directory)))
      directory))

(defun %component-in-case (component pathname case)
  (if (and (eq case :common) (not (%logical-pathname-p pathname)))
      (%common-case component)
      component))

(defun pathname-host (pathname &key case)
  (declare (ignore case))
  (%pathname-host (pathname pathname)))
(defun pathname-device (pathname &key case)
  (declare (ignore case))
  (if (%logical-pathname-p (pathname pathname)) :unspecific nil))
(defun pathname-directory (pathname &key (case :local))
  (let ((pathname (pathname pathname)))
    (%component-in-case (%pathname-directory pathname) pathname case)))
(defun pathname-name (pathname &key (case :local))
  (let ((pathname (pathname pathname)))
    (%component-in-case (%pathname-name pathname) pathname case)))
(defun pathname-type (pathname &key (case :local))
  (let ((pathname (pathname pathname)))
    (%component-in-case (%pathname-type pathname) pathname case)))
(defun pathname-version (pathname)
  (%pathname-version (pathname pathname)))

;;; Namestrings.

(defun %component-text (component)
  (case component
    ((nil) "") (:wild "*") (:wild-inferiors "**") ((:up :back) "..") (:unspecific "")
    (t component)))

(defun %directory-text (directory)
  (let ((parts (if (eq (first directory) :absolute) (list "/") '())))
    (dolist (component (rest directory))
      (push (%component-text component) parts)
      (push "/" parts))
    (apply #'concatenate 'simple-string (nreverse parts))))

(defun %file-text (pathname)
  (let ((name (%component-text (%pathname-name pathname)))
        (type (%pathname-type pathname)))
    (if (and type (not (eq type :unspecific)))
        (concatenate 'simple-string name "." (%component-text type))
        (%simple-string name))))

(defun namestring (pathname)
  (let ((pathname (pathname pathname)))
    (if (%logical-pathname-p pathname)
        (concatenate 'simple-string
                     (%pathname-host pathname) ":"
                     (%logical-directory-text (%pathname-directory pathname))
                     (%logical-file-text pathname))
        (concatenate 'simple-string
                     (%directory-text (%pathname-directory pathname))
                     (%file-text pathname)))))
(defun file-namestring (pathname)
  (let ((pathname (pathname pathname)))
    (if (%logical-pathname-p pathname) (%logical-file-text pathname) (%file-text pathname))))
(defun directory-namestring (pathname)
  (let* ((pathname (pathname pathname))
         (directory (%pathname-directory pathname)))
    (if (%logical-pathname-p pathname)
        (%logical-directory-text directory)
        (%directory-text directory))))
(defun host-namestring (pathname)
  (or (%pathname-host (pathname pathname)) ""))

(defun enough-namestring (pathname &optional (defaults *default-pathname-defaults*))
  (let* ((text (namestring pathname))
         (folder (directory-namestring defaults))
         (n (length folder)))
    (if (and (plusp n) (> (length text) n) (string= folder text :end2 n))
        (subseq text n)
        text)))

(defun merge-pathnames (pathname &optional (defaults *default-pathname-defaults*)
                                           (default-version :newest))
  (let* ((pathname (pathname pathname))
         (defaults (pathname defaults))
         (directory (%pathname-directory pathname))
         (default-directory (%pathname-directory defaults)))
    (%make-pathname
     (cond ((null directory) default-directory)
           ((and (eq (first directory) :relative) default-directory)
            (append default-directory (rest directory)))
           (t directory))
     (or (%pathname-name pathname) (%pathname-name defaults))
     (or (%pathname-type pathname) (%pathname-type defaults))
     (or (%pathname-version pathname)
         (if (%pathname-name pathname) nil (%pathname-version defaults))
         default-version)
     (or (%pathname-host pathname) (%pathname-host defaults)))))

;;; Printing and comparing.

(defun %print-pathname (pathname stream)
  (if (or *print-escape* *print-readably*)
      (progn (%write-simple-string "#P" stream)
             (%output-string (namestring pathname) stream))
      (%write-simple-string (namestring pathname) stream)))
(%set-layout-print-function *pathname-layout* #'%print-pathname)
(%set-layout-print-function *logical-pathname-layout* #'%print-pathname)

(defun %equal-pathnames (a b)
  (and (equal (%pathname-host a) (%pathname-host b))
       (equal (%pathname-directory a) (%pathname-directory b))
       (equal (%pathname-name a) (%pathname-name b))
       (equal (%pathname-type a) (%pathname-type b))
       ;; Files have no versions.
       (or (null (%pathname-host a))
           (equal (%pathname-version a) (%pathname-version b)))))

(defun %pathname-hash (pathname)
  (%mix-hash (%equal-hash (%pathname-name pathname) 1)
             (%mix-hash (%equal-hash (%pathname-type pathname) 1)
                        (%equal-hash (%pathname-directory pathname) 2))))
